"""Studies of hyperparameters: the search space, the database, and the trials."""
