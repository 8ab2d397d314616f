"""Checks of files of texts, run."""
