"""Readers of the packages that carry market data, one module per package."""
