"""Recipes of prices: how demand follows the price of each product, and which price is the best within bounds."""
