"""Built-in data in which a text and its table say nothing alone and all together."""
