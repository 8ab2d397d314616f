"""Recipes of actions: what each one changes for whom, and which policy is worth the most."""
