"""Generated rows of recipes."""
