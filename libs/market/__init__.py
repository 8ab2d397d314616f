"""Where candles come from: the catalogue of instruments, their sources, adjustment and the local cache."""
