"""What a check of texts is charged at most: CPU seconds by the size of its file."""

from decimal import Decimal
from typing import Final

from libs.contracts.money import to_hours
from libs.contracts.text_checks import CheckTextsSpec

# For a new process with its imports, and for each megabyte. Measured: 50,000 texts of 21 words (11 MB) take 17 seconds, 200,000 (46 MB) 51;
# Parquet packs texts to a third.
FIXED_S: Final = 30
A_MEGABYTE_S: Final = 4


def text_check_hours(spec: CheckTextsSpec) -> Decimal:
    """Return the compute hours that are set aside; what is not used comes back."""
    return to_hours(FIXED_S + A_MEGABYTE_S * spec.data.artifact.size / 1_000_000)
