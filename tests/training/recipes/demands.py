"""Rows of demand and of places that tests forecast and score, drawn from fixed seeds."""

from typing import Any

import numpy as np
import pandas as pd

DEMAND = {"time": "month", "target": "sold", "item": "article", "group": "kind"}
PLACES = {"x": "east", "y": "north", "target": "worth", "id": "name"}


def demand(*, months: int = 60, seed: int = 7) -> pd.DataFrame:
    """Return four articles of two kinds by month: a level, a season, noise."""
    random = np.random.default_rng(seed)
    times = pd.date_range("2015-01-01", periods=months, freq="MS")
    parts = []
    for place, (kind, article) in enumerate((("cold", "ice"), ("cold", "tea"), ("warm", "soup"), ("warm", "pie"))):
        season = 1 + 0.4 * np.sin(2 * np.pi * (np.arange(months) + 3 * place) / 12)
        sold = (40.0 + 30 * place) * season * random.normal(1, 0.05, months)
        parts.append(pd.DataFrame({"month": times, "kind": kind, "article": article, "sold": sold.round(3)}))
    return pd.concat(parts, ignore_index=True)


def places(*, count: int = 200, seed: int = 7) -> pd.DataFrame:
    """Return places in clusters whose worth is that of their cluster, which nothing but where they are tells of, and of their size."""
    random = np.random.default_rng(seed)
    cluster = random.integers(0, 16, size=count)
    middles, worth = random.uniform(0, 100, size=(16, 2)), random.normal(50, 15, size=16)
    xy = middles[cluster] + random.normal(0, 1.5, size=(count, 2))
    size = random.uniform(1, 5, size=count)
    return pd.DataFrame(
        {
            "name": [f"site {number}" for number in range(count)],
            "east": xy[:, 0].round(3),
            "north": xy[:, 1].round(3),
            "size": size.round(3),
            "worth": (worth[cluster] + 6 * size + random.normal(0, 2, size=count)).round(3),
        }
    )


def columns(roles: dict[str, str], **more: Any) -> dict[str, Any]:
    """Return a manifest's `data` with these roles."""
    return {"columns": roles, **more}
