"""Experiments: searches for a model's best hyperparameters."""
