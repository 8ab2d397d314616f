"""Tests of the candles' sources, adjustment, cache and catalogue."""
