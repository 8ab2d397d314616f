"""What a version says of a whole dataset, as a file."""
