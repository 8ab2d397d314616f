"""Texts: read, grouped, split."""
