"""Runs of recipes: one frame for all families, and a package for each family."""
