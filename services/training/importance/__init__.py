"""What the features of a trained version are worth to it."""
