"""Shops whose demand is known, so that what is estimated of them can be held against it."""

import numpy as np
import pandas as pd

LEVELS = np.array([0.8, 0.9, 1.0, 1.1, 1.2])
SHARES = np.array([0.1, 0.2, 0.3, 0.2, 0.2])
"""Prices by the usual one, and with which chance each is drawn for a day."""


class Shop:
    """Products with elasticities, costs and levels of their own; prices are drawn at random, so that nothing else moves with them."""

    def __init__(self, *, products: int = 30, days: int = 80, seed: int = 5) -> None:
        rng = np.random.default_rng(seed)
        self.elasticity = rng.normal(-2.5, 0.5, products).clip(-4.0, -1.3)
        self.usual = rng.uniform(8, 40, products).round(2)
        self.cost = self.usual * rng.uniform(0.5, 0.7, products)
        self.level = rng.normal(4.5, 0.4, products)
        relative = rng.choice(LEVELS, (days, products), p=SHARES)
        noise = rng.normal(0, 0.15, (days, products))
        weekend = 0.3 * ((np.arange(days) % 7) >= 5)[:, None]
        log = self.level + self.elasticity * np.log(relative) + weekend + noise
        dates = pd.date_range("2024-01-01", periods=days)
        self.rows = pd.DataFrame(
            {
                "sku": np.tile([f"p{each:02d}" for each in range(products)], days),
                "day": np.repeat(dates.strftime("%Y-%m-%d"), products),
                "unit_price": (relative * self.usual).ravel().round(6),
                "sold": np.maximum(np.exp(log).round(), 1).ravel(),
                "unit_cost": np.tile(self.cost, days).round(6),
                "shelf": rng.choice(["low", "high"], days * products),
            }
        )

    COLUMNS = {"product": "sku", "time": "day", "price": "unit_price", "quantity": "sold", "cost": "unit_cost"}  # noqa: RUF012 - read alone

    def worth(self, relative: np.ndarray, *, less_cost: bool) -> float:
        """Return what prices by the usual one (products,) are expected to earn a day, of all products."""
        price = relative * self.usual
        return float(((price - (self.cost if less_cost else 0)) * np.exp(self.level) * relative**self.elasticity).sum())

    def drawn_worth(self, *, less_cost: bool) -> float:
        """Return the same of prices that are drawn as they were."""
        return float(SHARES @ [self.worth(np.full(len(self.usual), each), less_cost=less_cost) for each in LEVELS])
