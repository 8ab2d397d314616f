"""Draws customers of a shop, what they were sent and who bought, with effects that are known."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

CUSTOMERS: Final = 20_000
SEED: Final = 20_240_115
CHANCES: Final = {"none": 0.4, "email": 0.25, "discount": 0.2, "call": 0.15}
"""With which an action was drawn."""
CHANNELS: Final = ("web", "shop", "phone")
Floats = NDArray[np.float64]


def customers(count: int, *, rng: np.random.Generator) -> pd.DataFrame:
    """Return what is known of so many customers before anything is sent to them."""
    orders = rng.poisson(rng.gamma(2.0, 2.0, count))
    return pd.DataFrame(
        {
            "customer_id": [f"c{number:05d}" for number in range(count)],
            "recency_days": np.minimum(rng.exponential(90.0, count).round(), 730.0),
            "orders": orders.astype(np.float64),
            "spend": (orders * rng.lognormal(3.4, 0.5, count)).round(2),
            "age": rng.normal(44.0, 14.0, count).clip(18, 90).round(),
            "opens": rng.beta(1.6, 3.0, count).round(3),
            "channel": rng.choice(CHANNELS, count, p=[0.5, 0.35, 0.15]),
        }
    )


def chances(known: pd.DataFrame) -> dict[str, Floats]:
    """Return with which chance each customer buys after each action: what is estimated, and here is known.

    An email persuades those who open letters; a discount those who have not bought for long, and costs nothing else; a call persuades
    older customers who bought by phone, and puts the young off.
    """
    recency, age, opens = (known[name].to_numpy(dtype=np.float64) for name in ("recency_days", "age", "opens"))
    phone = (known["channel"] == "phone").to_numpy()
    base = -2.0 + 0.16 * np.minimum(known["orders"].to_numpy(dtype=np.float64), 12.0) - 0.004 * recency
    email = 1.5 * np.maximum(opens - 0.25, 0.0)
    discount = 0.9 / (1.0 + np.exp(-(recency - 90.0) / 30.0))
    call = 0.035 * (age - 45.0) + 0.9 * phone
    shifts = {"none": np.zeros(len(known)), "email": email, "discount": discount, "call": call}
    return {action: 1.0 / (1.0 + np.exp(-(base + shift))) for action, shift in shifts.items()}


def offers() -> pd.DataFrame:
    """Return the customers with the action that was drawn for each and whether they bought. The same rows each time."""
    rng = np.random.default_rng(SEED)
    known = customers(CUSTOMERS, rng=rng)
    names = np.array(tuple(CHANCES))
    drawn = rng.choice(len(names), CUSTOMERS, p=list(CHANCES.values()))
    chance = np.stack([chances(known)[name] for name in names], axis=1)[np.arange(CUSTOMERS), drawn]
    return known.assign(
        action=names[drawn],
        propensity=np.array(tuple(CHANCES.values()))[drawn],
        purchase=(rng.random(CUSTOMERS) < chance).astype(np.float64),
    )
