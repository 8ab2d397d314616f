"""What a check of a dataset is charged at most, and what bounds a refresh: CPU seconds by the size of what is read."""

from decimal import Decimal
from typing import Final

from libs.contracts.datasets import ValidateSpec
from libs.contracts.live import RefreshSpec
from libs.contracts.money import to_hours

# CPU seconds that are set aside for a check: for a new process with its imports and a small file, and for each megabyte that was sent or is
# appended to. Measured: a million candles in 63 MB of CSV take 2.2 seconds, 10 million in 444 MB of Parquet 13.
VALIDATE_SECONDS: Final = 30
VALIDATE_SECONDS_A_MB: Final = 0.5
# CPU seconds that a refresh may use: those of a new process and its imports, of its candles, and for each megabyte of the series.
REFRESH_SECONDS: Final = 120


def validate_hours(spec: ValidateSpec) -> Decimal:
    """Return the compute hours that are set aside for a check; what is not used comes back."""
    size = spec.upload.size + (spec.base.size if spec.base else 0)
    return to_hours(VALIDATE_SECONDS + VALIDATE_SECONDS_A_MB * size / 1_000_000)


def refresh_hours(spec: RefreshSpec) -> Decimal:
    """Return the compute hours that a refresh may use."""
    size = spec.base.size if spec.base else 0
    return to_hours(REFRESH_SECONDS + VALIDATE_SECONDS_A_MB * size / 1_000_000)
