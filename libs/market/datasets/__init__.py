"""Datasets: files of candles, texts or tables as they were sent, what is wrong with them, and the one file that is made of them."""
