"""Tests of the quantitative core."""
