"""Answers as pandas.DataFrames; pandas is imported when the first one is asked for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel

from modelbourse.errors import PandasMissingError

MISSING: Final = "`.to_frame()` needs pandas, which is not installed: `pip install pandas`"
# A value's reason does not belong among the numbers: it stays what it is, in one column.
WHOLE: Final = frozenset({"reasons"})


def to_frame(rows: Iterable[BaseModel]) -> Any:
    """Return a pandas.DataFrame with a line for each row; `performance_metrics.accuracy` is `accuracy` of `performance_metrics`.

    Raise PandasMissingError, which is an ImportError, without pandas.
    """
    return frame_of([dict(_flat(row.model_dump(exclude_unset=True))) for row in rows])


def frame_of(rows: Sequence[Mapping[str, Any]], *, columns: Sequence[str] | None = None) -> Any:
    """Return a pandas.DataFrame of plain rows, with these columns also where there is no row. Raise PandasMissingError."""
    try:
        import pandas as pd  # noqa: PLC0415  # optional, and slow to import
    except ImportError as error:
        raise PandasMissingError(MISSING) from error
    return pd.DataFrame(rows, columns=list(columns) if columns else None)


def _flat(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, dict) and name not in WHOLE:
            yield from ((f"{name}.{inner}", each) for inner, each in value.items())
        else:
            yield name, value
