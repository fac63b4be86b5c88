"""Turn recordings into a data folder of features."""
