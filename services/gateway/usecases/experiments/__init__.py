"""What is done with experiments."""
