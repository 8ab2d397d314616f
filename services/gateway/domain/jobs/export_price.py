"""What exporting a model of texts is priced at, and how large a one may be."""

from decimal import Decimal
from typing import Final

from libs.chassis.errors import InvalidError
from libs.contracts.money import to_hours
from libs.contracts.text_exports import ExportSpec

# CPU seconds that are set aside, on the safe side of what was measured: for a new process with its imports, and for each megabyte of
# weights and each format.
SECONDS: Final = 60.0
SECONDS_A_MB: Final = 0.2
# Every text of the test data is asked of the model and of each file: for a megabyte of texts and one of weights.
SECONDS_A_TEXT_MB: Final = 8.0
# A registered version's size is not looked up: it is taken for one of BERT's.
VERSION_MB: Final = 450.0
VARIANTS: Final = 3
"""Files that are compared and measured, of a format that is optimised, too."""
MODEL_MOST: Final = 2_000_000_000
TEST_DATA_MOST: Final = 50_000_000


def check_export(spec: ExportSpec) -> None:
    """Raise InvalidError (`model_path`, `test_data`) for more bytes than a runner opens."""
    size = sum(artifact.size for artifact in spec.model.values())
    tests = spec.test_data.artifact.size if spec.test_data else 0
    for field, much, most in (("model_path", size, MODEL_MOST), ("test_data", tests, TEST_DATA_MOST)):
        if much > most:
            message = f"It has {much:,} bytes; at most {most:,} can be exported or validated at once."
            raise InvalidError(message, details={field: [message]})


def export_hours(spec: ExportSpec) -> Decimal:
    """Return the compute hours that are set aside, and the most that is charged."""
    weights = VERSION_MB if spec.version else sum(artifact.size for artifact in spec.model.values()) / 1_000_000
    files = max(len(spec.formats), 1) * (VARIANTS if spec.optimize else 1) + 1
    tests = spec.test_data.artifact.size / 1_000_000 if spec.test_data else 0.0
    return to_hours(SECONDS + files * weights * (SECONDS_A_MB + SECONDS_A_TEXT_MB * tests))
