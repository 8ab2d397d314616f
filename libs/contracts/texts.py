"""Models of texts: what the job kind `train_text` is asked and answers, and the manifest of a trained model.

Progress has as `metrics` `epoch`, `total_epochs`, `train_loss` and, with a validation part, `val_loss`, `val_accuracy`, `val_macro_f1`;
its `step` and `total_steps` are those of the whole training, and its `partial` is a TextProgress as soon as there is a checkpoint.
"""

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, field_validator

from libs.contracts.envelope import JsonObject, Message
from libs.contracts.text_config import (
    BASELINES,
    LEXICON,
    LINEAR,
    SHIPPED,
    DataFormat,
    DataSettings,
    Method,
    PreprocessingSettings,
    TextConfig,
    TrainingSettings,
)
from libs.contracts.text_labels import in_order, label_scores, sentiment_score, why_no_score
from libs.contracts.text_precision import Int8Parity, Precision
from libs.contracts.training import Artifact

__all__ = [
    "BASELINES",
    "LEXICON",
    "LINEAR",
    "MANIFEST",
    "METRICS",
    "MODEL",
    "SHIPPED",
    "TEXT",
    "Confusion",
    "DataFormat",
    "DataSettings",
    "Epoch",
    "LabelRow",
    "LogLevel",
    "Method",
    "NamedFile",
    "PreprocessingSettings",
    "SeedRow",
    "Slice",
    "TextConfig",
    "TextData",
    "TextFile",
    "TextManifest",
    "TextMetrics",
    "TextProgress",
    "TextResult",
    "TextSpec",
    "TrainingSettings",
    "in_order",
    "label_scores",
    "sentiment_score",
    "why_no_score",
]

TEXT: Final = "text"
"""The kind of model that learns from labelled texts."""
MODEL: Final = "model"
"""The folder of a trained model, below its run's `output_dir`."""
MANIFEST: Final = "manifest.json"
ONNX: Final = "model.onnx"
INT8: Final = "model-int8.onnx"
"""A network whose layers multiply int8, where it was found to answer as `ONNX` does."""
FORMAT_VERSION: Final = 1
LABELS_MOST: Final = 20
TextMetrics = dict[str, float | None]
METRICS: Final = ("macro_f1", "accuracy", "mcc", "precision", "recall", "log_loss", "ece", "brier")
"""What is measured, the main one first; precision and recall are means over the labels, ece and brier tell of calibration."""
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Count = Annotated[int, Field(ge=0)]


class NamedFile(Message):
    """A file of an account as it was when a job was started: what its owner calls it, and where its bytes lie."""

    path: str = Field(description="As its owner calls it, such as `data/news.json` or `dataset:<id>`.")
    artifact: Artifact


class TextData(NamedFile):
    """Labelled texts, or texts to be scored, as a file."""

    format: DataFormat | None = Field(None, description="Null: as its name and content tell.")
    encoding: str | None = Field(None, description="Null: as its bytes tell.")
    rows: Count | None = Field(None, description="Rows, where they were counted before.")


class TextSpec(Message):
    """Everything that decides what a training on texts becomes."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["text"] = TEXT
    data: TextData
    config: TextConfig = Field(default_factory=TextConfig)
    experiment_name: str = Field("sentiment-analysis", description="The readable name of the model that it makes a version of.")
    output_dir: str = Field("", description="Where its files lie in the account's data root; empty where nobody keeps them.")
    resume: dict[str, Artifact] = Field(
        default_factory=dict,
        description="The checkpoint's files that it goes on from, by name in its folder; empty: from the start.",
    )
    version: str = Field("", description="The version that it makes; empty where nobody keeps it.")
    resumed_from: str | None = Field(None, description="The folder or the run that the checkpoint is of.")
    log_level: LogLevel = Field("INFO", description="The least level of the lines that it logs.")

    @property
    def workers(self) -> int:
        """How many processes train together; baselines have one."""
        return 1 if self.config.training.backbone in BASELINES else self.config.training.num_workers


class TextProgress(Message):
    """What a training on texts has kept so far: the newest checkpoint, from which another can go on (`TextSpec.resume`)."""

    epoch: Annotated[int, Field(ge=1)] = Field(description="The last epoch that was finished.")
    folder: str = Field(description="What the checkpoint is called below output_dir: `checkpoint-<epoch>`.")
    checkpoint: dict[str, Artifact] = Field(description="Its files, by name in that folder.")


class LabelRow(Message):
    """How well one label is told, on the test part; null where it is not defined, and the result's reasons say why."""

    label: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: Count = Field(description="Test rows that have it.")


class Confusion(Message):
    """Test rows by their own label (a row) and by the one answered (a column), both in the order of `labels`."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


class Slice(Message):
    """The metrics over a part of the test rows."""

    by: Literal["symbol", "length"]
    value: str = Field(description="A symbol, or a range of tokens such as `17-32`.")
    rows: Count
    metrics: TextMetrics


class SeedRow(Message):
    """The test's metrics of the model of one seed."""

    seed: int
    metrics: TextMetrics


class Epoch(Message):
    """What was measured at the end of an epoch; null where there was no validation part."""

    epoch: Annotated[int, Field(ge=1)]
    step: Count
    train_loss: float | None
    val_loss: float | None = None
    val_accuracy: float | None = None
    val_macro_f1: float | None = None
    learning_rate: float | None = None


class TextResult(Message):
    """What a training on texts measured and made. A value that cannot be computed is null, and `reasons` says why under its name."""

    metrics: TextMetrics = Field(description="On the test part: " + ", ".join(METRICS) + ".")
    validation_metrics: TextMetrics = Field(default_factory=dict, description="The same on the validation part; empty without one.")
    labels: tuple[str, ...] = Field(description="In the order of the model's outputs.")
    per_class: tuple[LabelRow, ...]
    confusion: Confusion
    baselines: dict[str, TextMetrics] = Field(description=f"`majority`, `{LEXICON}`, `{LINEAR}`: the same metrics on the same rows.")
    slices: tuple[Slice, ...] = ()
    seeds: tuple[SeedRow, ...] = Field((), description="One a seed where there were several.")
    seed_mean: TextMetrics = Field(default_factory=dict, description="Means over the seeds; empty for one seed.")
    seed_spread: TextMetrics = Field(default_factory=dict, description="Sample standard deviations over the seeds; empty for one seed.")
    history: tuple[Epoch, ...] = ()
    best_epoch: int | None = Field(None, description="The epoch whose weights were kept; null for a baseline.")
    rows: dict[str, int] = Field(description="By part: train, validation, test.")
    near_duplicates: Count = Field(0, description="Rows that look like another one, and were kept on its side of the split.")
    method: Method | None = Field(None, description="What learned; null for a baseline.")
    notes: tuple[str, ...] = Field((), description="What was done otherwise than asked, or chosen for want of a word, in sentences.")
    reasons: dict[str, str] = Field(default_factory=dict)
    run_card: JsonObject = Field(
        description="backbone, backbone_sha256, data_sha256, seed, config_hash, release, revision, device, precision, parameters, "
        "trained_parameters, libraries, durations (seconds by stage), train_steps, steps_per_second, model_bytes, resumed_from."
    )
    files: dict[str, Artifact] = Field(
        default_factory=dict,
        description="By path below output_dir: `model/…`, `checkpoint-<epoch>/…`, `report.html`, `metrics.json`, `confusion.png` …",
    )
    artifact: Artifact = Field(description=f"`{MODEL}/{MANIFEST}`, which names the model's other files.")
    served_precision: Precision = Field("fp32", description="In which it is served where the operator does not ask for fp32.")
    int8: Int8Parity | None = Field(None, description="What int8 answers beside it; null where it was not compared.")


class TextFile(Message):
    """A file of a model, in the artifact store."""

    sha256: str
    size: int = Field(description="Bytes.")


class TextManifest(Message):
    """`model/manifest.json`: what is needed to serve, export and check a trained model. Its sha256 is the version's artifact."""

    format_version: int = FORMAT_VERSION
    kind: Literal["network", "linear", "lexicon"] = Field(
        description="`network`: ONNX and safetensors. `linear`: TF-IDF and a logistic regression; `lexicon`: words with their polarity."
    )
    backbone: str
    method: Method | None = Field(None, description="What learned; null for a baseline.")
    labels: Annotated[tuple[str, ...], Field(min_length=2, max_length=LABELS_MOST)] = Field(description="In the order of the outputs.")
    max_length: int = Field(ge=1, le=8192, description="Tokens of a text at most; longer ones are cut.")
    lowercase: bool = Field(default=False, description="Whether texts are lowercased before the tokenizer.")
    served_precision: Precision = Field("fp32", description=f"`int8` where `{INT8}` is among the files, as it answers alike.")
    temperature: float = Field(1.0, gt=0, description="What logits are divided by, as measured on the validation part; 1: as they are.")
    text_column: str = "text"
    label_column: str = "label"
    job_id: str = Field("", description="The run that made it; empty for one without a platform.")
    experiment_name: str = ""
    metrics: TextMetrics = Field(default_factory=dict, description="On the test part of its training.")
    data_sha256: str = Field("", description="Of the file that it learned from.")
    files: dict[str, TextFile] = Field(description="By name in the folder, all but the manifest itself.")
    libraries: dict[str, str] = Field(default_factory=dict, description="Versions that made it.")

    @field_validator("labels")
    @classmethod
    def _apart(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(labels)) < len(labels):
            msg = "each label is named once"
            raise ValueError(msg)
        return labels

    @property
    def scores(self) -> dict[str, float] | None:
        """The score of sentiment of each label, -1 to 1; None where a label has none."""
        return label_scores(self.labels)
