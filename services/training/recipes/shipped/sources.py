"""Which function reads which data set that ships."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Final

import pandas as pd

from libs.contracts.shipped_data.families import SHIPPED_DATA
from services.training.recipes.shipped import demand, insurance, offers, places, prices

READERS: Final[Mapping[str, Callable[[], pd.DataFrame]]] = {
    "ta_feng": prices.ta_feng,
    "airfare": prices.airfare,
    "offers": offers.offers,
    "insurance": insurance.insurance,
    "baltimore_houses": places.baltimore_houses,
    "berlin_rentals": places.berlin_rentals,
    "us_electricity": demand.us_electricity,
    "furniture_orders": demand.furniture_orders,
    "ta_feng_demand": demand.ta_feng_demand,
}


def read_shipped(name: str) -> pd.DataFrame:
    """Return a data set that ships, with the columns that its description names. Raise DataPackageMissingError without its package."""
    frame = READERS[name]()
    return frame[[column.name for column in SHIPPED_DATA[name].columns]]


def fingerprint(frame: pd.DataFrame) -> str:
    """Return a hash of a frame's names and cells, the same wherever it is read."""
    digest = hashlib.sha256(",".join(frame.columns).encode())
    digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return digest.hexdigest()
