"""What the job kind `export` is asked and answers: a trained model of texts as files for other servers, compared with the model."""

from collections.abc import Iterable
from typing import Final, Literal, get_args

from pydantic import ConfigDict, Field

from libs.contracts.envelope import JsonObject, Message
from libs.contracts.texts import MANIFEST, TextData, TextManifest
from libs.contracts.training import Artifact

ExportFormat = Literal["onnx", "torchscript", "triton"]
FORMATS: Final[tuple[ExportFormat, ...]] = get_args(ExportFormat)
BOTH: Final = "both"
"""The document's word for the first two of them."""
REPORT: Final = "validation_report.json"
REFERENCE: Final = "reference.json"
"""Texts and what the model itself answered them with: by it an exported file is checked where the model is not."""
SUMS: Final = "SHA256SUMS"
ONNX_FILE: Final = "model.onnx"
TORCHSCRIPT_FILE: Final = "model.pt"
TRITON_FOLDER: Final = "triton"
INT8_FILE: Final = "model-int8.onnx"
OPTIMIZED_FILE: Final = "model-optimized.onnx"
BUNDLE: Final = frozenset(
    {MANIFEST, REPORT, REFERENCE, SUMS, ONNX_FILE, TORCHSCRIPT_FILE, INT8_FILE, OPTIMIZED_FILE}
    | {"model-frozen.pt", "model_card.md", "example_client.py", "labels.json", "config.json", "vocab.txt"}
    | {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"}
)
"""What an export may make in its folder, beside Triton's."""
EXPORTED_SUFFIXES: Final = (".onnx", ".pt")
"""How the files that can be validated end."""
NOT_VALID: Final = "ExportNotValidError"
"""The `type` of the error of an export whose files do not answer as the model does."""


def is_of_bundle(path: str) -> bool:
    """Tell whether an export may write a file at this path of its folder."""
    return path in BUNDLE or path.startswith(f"{TRITON_FOLDER}/")


def in_formats(word: str) -> tuple[ExportFormat, ...] | None:
    """Return the formats of a word, or of several with commas, each once and in the order of FORMATS; None for what is none."""
    words = [each.strip().lower() for each in word.split(",")]
    named = {name for each in words for name in (("onnx", "torchscript") if each == BOTH else (each,))}
    return tuple(name for name in FORMATS if name in named) if named <= set(FORMATS) else None


def in_one_word(formats: Iterable[ExportFormat]) -> str:
    """Return formats as a request may say them: `onnx,torchscript`."""
    return ",".join(formats)


class ExportSpec(Message):
    """A model's folder and what is to be made of it; or one exported file of a folder (`checks`), which is then only validated."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: dict[str, Artifact] = Field(default_factory=dict, description="The folder's files, by name in it; empty for a version.")
    version: str | None = Field(None, description="The sha256 of a version's manifest, which names its files; null for a folder.")
    model_path: str = Field(description="What its owner calls it.")
    formats: tuple[ExportFormat, ...] = Field((), description="Empty where a file is only validated.")
    checks: str | None = Field(None, description="The name of the exported file that is validated; null: the model is exported.")
    is_ours: bool = Field(
        default=False, description="Whether a job has made the file that `checks` names: TorchScript of others is not opened."
    )
    is_validated: bool = Field(default=True, description="Whether what is made is compared with the model before the job ends well.")
    optimize: bool = False
    test_data: TextData | None = None
    text_column: str | None = Field(None, description="Of the test data; null: as the model was trained.")
    label_column: str | None = Field(None, description="Of the test data; null: as the model was trained.")
    name: str = Field("sentiment", pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="What the model is called in Triton's repository.")
    output_dir: str = ""


class TestMetrics(Message):
    """How well a file tells the labels of the test data, and how often it says what the model says."""

    __test__ = False  # It is no test of pytest's.

    rows: int = Field(description="Rows that were asked about: at most 2,000, spread evenly over the file.")
    of_rows: int = Field(description="Rows of the test data.")
    accuracy: float
    macro_f1: float
    model_accuracy: float | None = Field(description="Of the model itself, on the same rows; null where it is not there.")
    model_macro_f1: float | None
    agreement: float | None = Field(description="Share of rows on which both say the same label.")


class FileCheck(Message):
    """An exported file beside the model, on texts of different lengths. What cannot be computed is null, and `reasons` says why."""

    path: str = Field(description="Below output_dir.")
    format: ExportFormat
    role: Literal["export", "optimized", "int8"] = "export"
    passed: bool
    problems: tuple[str, ...] = Field((), description="Why it has not passed, in sentences.")
    texts: int = Field(description="Texts that both were asked about: short and long ones in one batch, and each alone.")
    lengths: tuple[int, int] = Field(description="Tokens of the shortest and of the longest.")
    max_abs_difference: float | None = Field(description="Largest difference of a logit.")
    mean_abs_difference: float | None
    tolerance: float = Field(description="How large it may be.")
    max_probability_difference: float | None
    agreement: float | None = Field(description="Share of the texts with the same label.")
    padding_difference: float = Field(description="Largest difference of a logit between a text alone and among longer ones.")
    test: TestMetrics | None = None
    reasons: dict[str, str] = Field(default_factory=dict)


class FileMeasure(Message):
    """What a variant of a model costs: beside the others it tells what optimising is worth."""

    path: str = Field(description="Below output_dir.")
    role: Literal["export", "optimized", "int8"]
    size: int = Field(description="Bytes.")
    p50_ms_batch_1: float = Field(description="Median time for one text of common length, on one core, in milliseconds.")
    p50_ms_batch_32: float = Field(description="The same for 32 texts at once.")
    accuracy: float | None = Field(description="On the test data; null without.")
    macro_f1: float | None
    reasons: dict[str, str] = Field(default_factory=dict, description="Why a value is null, by its name.")


class ExportReport(Message):
    """`validation_report.json`: what was compared, and what came of it."""

    model_path: str
    manifest_sha256: str | None = Field(description="Of the model's manifest; null where the file has none beside it.")
    reference: Literal["model", "reference", "none"] = Field(
        description="What the files were compared with: the model's own weights, what it answered when it was exported, or nothing."
    )
    passed: bool
    checks: tuple[FileCheck, ...] = Field((), description="A file each; lists are read without.")
    measures: tuple[FileMeasure, ...] = Field((), description="Of the files before and after they were optimised.")
    libraries: dict[str, str]
    reasons: dict[str, str] = Field(default_factory=dict)

    @property
    def problems(self) -> tuple[str, ...]:
        """Why it has not passed, in sentences; empty where it has."""
        return tuple(f"{each.path}: {problem}" for each in self.checks for problem in each.problems)


class ExportProgress(Message):
    """What an export knows before it ends; of one that failed its validation, the report."""

    report: ExportReport
    files: dict[str, Artifact] = Field(description=f"`{REPORT}`.")


class ExportResult(Message):
    """What was made and compared."""

    files: dict[str, Artifact] = Field(default_factory=dict, description="By path below output_dir; lists are read without.")
    outputs: dict[str, str] = Field(description="By format, the file or Triton's repository, below output_dir.")
    size: int = Field(description="Bytes of what `outputs` name: the exported models, without what lies beside them.")
    validation_passed: bool | None = Field(description="Null where it was not asked for.")
    report: ExportReport | None
    notes: tuple[str, ...] = ()
    reasons: dict[str, str] = Field(default_factory=dict)
    run_card: JsonObject = Field(description="manifest_sha256, parameters, libraries, durations (seconds by stage).")


class ExportManifest(TextManifest):
    """A bundle's `manifest.json`: what the model's says, with the files of the bundle, and what it was made of."""

    exported_from: str = Field(description="The sha256 of the model's manifest.")
    formats: tuple[ExportFormat, ...]
