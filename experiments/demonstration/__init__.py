"""The local web page of `experiments.demo`."""
