"""Whether generated rows lie nearer to the rows that were fitted than other rows of the same origin do: distance to the closest record."""

from typing import Final

import numpy as np
from scipy.spatial.distance import cdist

from libs.contracts.synthetic_rows import Privacy
from services.training.learners.errors import TrainingRefusedError
from services.training.synthetic.columns import Floats
from services.training.synthetic.generator import Generator

COMPARED_MOST: Final = 1_000
RECORDS_MOST: Final = 10_000
MISSING: Final = -1.0
SAME: Final = 1e-9
NEAREST: Final = 0.05
COPIES_MOST: Final = 0.01
"""Share of copies beyond what chance makes from which rows are refused, and three of its standard errors."""
ERRORS: Final = 3.0


def check_privacy(generator: Generator, *, fitted: Floats, held_out: Floats, made: Floats) -> Privacy:
    """Compare rows (rows, columns), each as the generator's numbers. Raise TrainingRefusedError where the generated ones are copies.

    A row's distance from another is the sum over columns: of numbers the difference in ranges (1 % to 99 %) of the fitted rows, of words
    and missing values 0 or 1. Of many rows, evenly spaced ones are compared, and the same number of either side.
    """
    compared = min(len(made), len(held_out), COMPARED_MOST)
    records, sides = _evenly(fitted, RECORDS_MOST), [_evenly(each, compared) for each in (made, held_out)]
    nearest, nearest_held = (_closest(generator, each, records) for each in sides)
    copies, by_chance = float((nearest <= SAME).mean()), float((nearest_held <= SAME).mean())
    error = float(np.sqrt((copies * (1 - copies) + by_chance * (1 - by_chance)) / compared))
    if copies - by_chance > COPIES_MOST + ERRORS * error:
        message = (
            f"{copies:.1%} of the generated rows are rows of the data, which {by_chance:.1%} of rows are by chance: they would give it "
            "away. Fit to more rows, or leave out columns that tell rows apart."
        )
        raise TrainingRefusedError(message, details={"generate.fit_to": [message]})
    middle, middle_held = float(np.median(nearest)), float(np.median(nearest_held))
    ratio = middle / middle_held if middle_held > 0 else None
    return Privacy(
        copies=copies,
        copies_held_out=by_chance,
        median_distance=middle,
        median_distance_held_out=middle_held,
        median_ratio=ratio,
        nearer=float((nearest < np.quantile(nearest_held, NEAREST)).mean()),
        rows_compared=compared,
        invented_values=sum(each.invented for each in generator.columns),
        reasons={} if ratio is not None else {"median_ratio": "Half of the held-out rows are rows of the fit data themselves."},
    )


def _evenly(rows: Floats, most: int) -> Floats:
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]


def _closest(generator: Generator, rows: Floats, records: Floats) -> Floats:
    """Return the distance of each row from the closest of the records (rows,)."""
    names = [place for place, each in enumerate(generator.columns) if not each.names]
    nominal = [place for place in names if generator.columns[place].about.type in {"category", "boolean"}]
    ordinal = [place for place in names if place not in nominal]
    apart = np.zeros((len(rows), len(records)))
    if ordinal:
        known = records[:, ordinal]
        with np.errstate(all="ignore"):
            low, high = (_quantile(known, share) for share in (0.01, 0.99))
        reach = np.where(high > low, high - low, 1.0)
        sides = [np.nan_to_num((each[:, ordinal] - low) / reach) for each in (rows, records)]
        apart += cdist(sides[0], sides[1], metric="cityblock")
        # A missing value is as far from any number as one end of the range from the other.
        lacking = [np.isnan(each[:, ordinal]).astype(np.float64) for each in (rows, records)]
        apart += cdist(lacking[0], lacking[1], metric="cityblock")
    if nominal:
        words = [np.nan_to_num(each[:, nominal], nan=MISSING) for each in (rows, records)]
        apart += cdist(words[0], words[1], metric="hamming") * len(nominal)
    return np.asarray(apart.min(axis=1))


def _quantile(columns: Floats, share: float) -> Floats:
    return np.array([np.nanquantile(each, share) if not np.isnan(each).all() else 0.0 for each in columns.T])
