"""What exporting a model of texts is priced at, and how large a one may be."""

from decimal import Decimal
from typing import Final

from libs.chassis.errors import InvalidError
from libs.contracts.money import to_hours
from libs.contracts.text_exports import ExportSpec

# CPU seconds that are set aside: for a new process with its imports, and for each megabyte of weights and each file that is made. Measured:
# 91 MB take 3 seconds as ONNX, and 22 as five files that are optimised and measured, beside 4 for the imports.
SECONDS: Final = 60.0
SECONDS_A_MB: Final = 0.2
# Texts of the test data are asked of the model and of each file. Measured: 0.6 seconds for a megabyte of texts and one of weights.
SECONDS_A_TEXT_MB: Final = 1.5
TEXT_MB_MOST: Final = 2.0
"""Of the test data: no more than so many texts are asked, of 128 tokens at most as a rule."""
# A registered version's size is not looked up: it is taken for one of BERT's.
VERSION_MB: Final = 450.0
VARIANTS: Final = 3
"""Files that are compared and measured, of a format that is optimised, too."""
MODEL_MOST: Final = 500_000_000
TEST_DATA_MOST: Final = 50_000_000
WEIGHTS: Final = "model.safetensors"


def weights_of(spec: ExportSpec) -> int:
    """Return the bytes of the weights that are exported, or of the file that is validated; 0 for a version, which is not looked up."""
    artifact = spec.model.get(spec.checks or WEIGHTS)
    return artifact.size if artifact else 0


def check_export(spec: ExportSpec, _: object) -> None:
    """Raise InvalidError (`model_path`, `test_data`) for more bytes than a runner opens."""
    tests = spec.test_data.artifact.size if spec.test_data else 0
    for field, what, much, most in (("model_path", "The model", weights_of(spec), MODEL_MOST), ("test_data", "It", tests, TEST_DATA_MOST)):
        if much > most:
            message = f"{what} has {much:,} bytes; at most {most:,} can be exported or validated at once."
            raise InvalidError(message, details={field: [message]})


def export_hours(spec: ExportSpec) -> Decimal:
    """Return the compute hours that are set aside, and the most that is charged."""
    weights = VERSION_MB if spec.version else weights_of(spec) / 1_000_000
    files = max(len(spec.formats), 1) * (VARIANTS if spec.optimize else 1) + 1
    tests = min(spec.test_data.artifact.size / 1_000_000, TEXT_MB_MOST) if spec.test_data else 0.0
    return to_hours(SECONDS + files * weights * (SECONDS_A_MB + SECONDS_A_TEXT_MB * tests))
