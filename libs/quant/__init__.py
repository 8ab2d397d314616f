"""The quantitative core: indicators, features, labels, splits, metrics and backtests; arrays in, arrays out."""
