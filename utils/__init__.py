"""Reading, checking, batching and writing of data and run files."""
