"""Reads the data sets that ship for recipes out of the packages that carry them, or draws them from a fixed seed."""
