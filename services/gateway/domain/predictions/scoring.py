"""Scoring texts: what it costs, and how large a file may be."""

from decimal import Decimal
from typing import Final

from libs.chassis.errors import InvalidError
from libs.contracts.money import to_hours
from libs.contracts.text_scoring import ScoreTextsSpec

# CPU seconds that are set aside, estimates on the safe side: for a new process with its imports and the symbols' candles, and for a
# million bytes of headlines, some 10,000, of which a backbone of 110 million weights labels 25 a second on a core.
SECONDS: Final = 60.0
SECONDS_A_MILLION: Final = 400.0
BYTES_MOST: Final = 1 << 28


def check_scoring(spec: ScoreTextsSpec) -> None:
    """Raise InvalidError (`data_path`) for a file that is larger than what is read at once."""
    if spec.data.artifact.size > BYTES_MOST:
        message = f"{spec.data.path} has {spec.data.artifact.size:,} bytes; at most {BYTES_MOST:,} are scored at once: divide it."
        raise InvalidError(message, details={"data_path": [message]})


def scoring_hours(spec: ScoreTextsSpec) -> Decimal:
    """Return the compute hours that are set aside, and the most that is charged."""
    return to_hours(SECONDS + SECONDS_A_MILLION * spec.data.artifact.size / 1_000_000)
