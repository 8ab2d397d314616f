"""Rows of recipes that nobody has lived through: generated, judged for likeness and privacy, and run."""
