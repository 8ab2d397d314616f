"""What a model of demand knows of each product, and how moments and prices become rows of it."""

import json
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from libs.contracts.envelope import JsonObject
from services.training.recipes.family import Model
from services.training.recipes.pricing.elasticity import Codes, Estimate
from services.training.recipes.table import Floats, Rows, Table

UNKNOWN: Final = -1
"""The code of a product that was not learned from."""
NUMBERS: Final = ("price", "cost", "lowest", "level", "elasticity", "low", "high", "own")
DAY: Final = np.timedelta64(1, "D")
ROWS_MOST: Final = 20_000
"""Over which demand at one price is a mean: of many products fewer rows each."""
ROWS_A_PRODUCT: Final = 14
RECENT: Final = 28
"""Moments at the end of the training that tell what is usual now."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Products:
    """Of each product that was learned from, (products,): its usual price and unit cost, rows, mean log demand, and elasticity.

    A price or cost is the median of the product's last rows; a cost is NaN where none is known; `lowest` is the least price that was
    charged. `own` is an elasticity from its rows
    alone, NaN where there is none; `low` and `high` hold `elasticity`.
    """

    names: tuple[str, ...]
    price: Floats
    cost: Floats
    lowest: Floats
    rows: NDArray[np.int64]
    level: Floats
    elasticity: Floats
    low: Floats
    high: Floats
    own: Floats

    def codes(self, words: NDArray[Any]) -> Codes:
        """Return the place of each word among the products; UNKNOWN for others."""
        places = {name: place for place, name in enumerate(self.names)}
        return np.array([places.get(word, UNKNOWN) for word in words.tolist()], dtype=np.int64)

    def of(self, values: Floats, codes: Codes, *, otherwise: float | None = None) -> Floats:
        """Return a product's value for each row; for products that are not known the median, or `otherwise`."""
        rest = float(np.median(values)) if otherwise is None else otherwise
        return np.where(codes == UNKNOWN, rest, values[np.maximum(codes, 0)])

    def written(self) -> bytes:
        """Return them as JSON; a number that is not there is null."""
        columns: JsonObject = {"names": list(self.names), "rows": self.rows.tolist()}
        for name in NUMBERS:
            columns[name] = [None if np.isnan(value) else value for value in getattr(self, name).tolist()]
        return json.dumps(columns).encode()

    @classmethod
    def read(cls, data: bytes) -> "Products":
        """Return what was written so."""
        columns = json.loads(data)
        numbers = {name: np.array([np.nan if value is None else value for value in columns[name]], dtype=np.float64) for name in NUMBERS}
        return cls(names=tuple(columns["names"]), rows=np.array(columns["rows"], dtype=np.int64), **numbers)


class Demand(Model, Protocol):
    """A model of demand: what is sold of a product at a price."""

    @property
    def products(self) -> Products:
        """What it knows of each product."""
        ...

    @property
    def of_all(self) -> Estimate:
        """The elasticity of all products together."""
        ...

    @property
    def how(self) -> str:
        """How the interval of that elasticity was found."""
        ...

    def expected(self, table: Table, rows: Rows, *, price: Floats) -> Floats:
        """Return the units that are expected to be sold on each row (rows,) at these prices of a unit (rows,)."""
        ...


def weekday(times: NDArray[np.datetime64]) -> Codes:
    """Return 0 for Monday to 6 for Sunday."""
    return np.asarray((times.astype("datetime64[D]").astype(np.int64) + 3) % 7, dtype=np.int64)


def is_daily(moments: NDArray[np.datetime64]) -> bool:
    """Tell whether moments (ascending, distinct) are days or shorter, so that weekdays matter."""
    return len(moments) >= 14 and bool(np.median(np.diff(moments)) <= DAY)  # noqa: PLR2004 - of two weeks each weekday is there twice


def last_rows(codes: Codes, *, products: int, last: int) -> Rows:
    """Return the places of each product's last rows, ascending; codes (rows,) are in the order of time, and UNKNOWN is of none."""
    order = np.argsort(codes, kind="stable")
    order = order[codes[order] != UNKNOWN]
    ends = np.searchsorted(codes[order], np.arange(products), side="right")[codes[order]]
    return np.asarray(np.sort(order[np.arange(len(order)) >= ends - last]), dtype=np.int64)


def some_rows(codes: Codes, *, products: int) -> Rows:
    """Return the places of rows over which a product's demand at a price is a mean: its last ones, ROWS_MOST in all or one of each."""
    return last_rows(codes, products=products, last=min(max(ROWS_MOST // products, 1), ROWS_A_PRODUCT))


def usual(values: Floats, product: Codes, *, products: int, last: int = RECENT) -> Floats:
    """Return the median of each product's last values that are known (rows are in the order of time); NaN where there is none."""
    out = np.full(products, np.nan)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(product[known], kind="stable")]
    ends = np.searchsorted(product[order], np.arange(products), side="right")
    starts = np.searchsorted(product[order], np.arange(products), side="left")
    for place in range(products):
        if ends[place] > starts[place]:
            out[place] = np.median(values[order[max(starts[place], ends[place] - last) : ends[place]]])
    return out


def costs(table: Table, rows: Rows, *, price: Floats, share: float | None) -> Floats:
    """Return the unit cost of each row: the data's, or a share of a usual price (rows,); NaN where neither is known."""
    if table.has("cost"):
        return table.numbers("cost")[rows]
    return np.full(len(rows), np.nan) if share is None else share * price


def least(values: Floats, product: Codes, *, products: int) -> Floats:
    """Return the least value of each product; infinity for one without rows."""
    out = np.full(products, np.inf)
    np.minimum.at(out, product, values)
    return out
