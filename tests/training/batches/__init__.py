"""Batches of predictions, run."""
