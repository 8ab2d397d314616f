"""Checks of labelled texts: what the job kind `check_texts` is asked and answers."""

from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

from libs.contracts.envelope import Message, Moment
from libs.contracts.text_config import DataFormat
from libs.contracts.texts import NamedFile
from libs.contracts.training import Artifact

EXAMPLES_MOST: Final = 5
LABELS_SHOWN: Final = 50
TextSeverity = Literal["error", "warning", "info"]
Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
ColumnName = Annotated[str, Field(min_length=1, max_length=128)]


class TextFindingCode(StrEnum):
    """What a check of texts can find."""

    EMPTY_TEXT = "empty_text"
    DUPLICATE = "duplicate"
    NEAR_DUPLICATE = "near_duplicate"
    SPLIT_LEAKAGE = "split_leakage"
    LABEL_UNKNOWN = "label_unknown"
    LABEL_CONFLICT = "label_conflict"
    LABEL_NOISE = "label_noise"
    IMBALANCE = "imbalance"
    TOO_LONG = "too_long"
    ENCODING = "encoding"
    CONTROL_CHARACTER = "control_character"
    LANGUAGE = "language"
    PII_HINT = "pii_hint"


class TextExample(Message):
    """A row that shows what was found. What looks like personal data is not in it."""

    place: int = Field(description="Its line in the file, or its row where rows are no lines; from 1.")
    text: str = Field(
        description="The text's beginning; e-mail addresses, phone, card and account numbers stand as `[e-mail]` and the like."
    )
    label: str | None = Field(None, description="Its label; null without one.")
    why: str = Field("", description="What about this row: `like line 12`.")


class TextFinding(Message):
    """One kind of thing that was found."""

    code: TextFindingCode
    severity: TextSeverity = Field(description="`error`: it cannot be trained on. `warning`: results may mislead. `info`: good to know.")
    count: Count = Field(description="Rows, or labels, that it is of.")
    share: Share = Field(description="Of the rows, or labels, that were looked at.")
    message: str = Field(description="A sentence: what it is, and of how many.")
    suggestion: str = Field(description="A sentence: what to do.")
    examples: Annotated[tuple[TextExample, ...], Field(max_length=EXAMPLES_MOST)] = ()


class TokenLengths(Message):
    """How long the texts are, in tokens of the shipped tokenizer, its marks of beginning and end among them."""

    shortest: Count
    median: Count
    p95: Count = Field(description="19 of 20 texts have no more.")
    longest: Count


class CheckTextsSpec(Message):
    """Which file is checked, and against what."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: NamedFile
    format: DataFormat | None = Field(None, description="Null: as its content tells.")
    encoding: str | None = Field(None, max_length=40, description="Null: as its bytes tell.")
    text_column: ColumnName | None = Field(None, description="Null: the column that is called so, or `headline`, `title`, `sentence` …")
    label_column: ColumnName | None = Field(None, description="Null: the column that is called so, or `sentiment`, `class`, `target` …")
    time_column: ColumnName | None = None
    symbol_column: ColumnName | None = None
    group_column: ColumnName | None = Field(None, description="Rows of one group belong together: they are told where splits part them.")
    split_column: ColumnName | None = Field(
        None, description="The column that says on which side a row is; null: `split` where there is one."
    )
    labels: tuple[str, ...] | None = Field(None, description="The labels that there may be; null: those that there are.")
    max_length: Annotated[int, Field(ge=1, le=100_000)] = Field(128, description="Tokens that a model reads of a text at most.")
    output_dir: str = Field("", description="Where its files lie in the account's data root; empty where nobody keeps them.")
    report: str = Field("", description="What the HTML report is called below output_dir; empty: none is written.")


class CheckTextsResult(Message):
    """What a file of texts was read as, and what was found in it. What cannot be computed is null or missing, and `reasons` says why."""

    valid: bool = Field(description="Whether a model can be trained on it: no finding is an error.")
    refused: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Why the file cannot be read, in sentences by the field that they are about; empty where it was."
    )
    format: DataFormat | None = Field(None, description="Null where the file could not be read.")
    encoding: str | None = Field(None, description="Null for Parquet, which has none.")
    encoding_assumed: bool = Field(default=False, description="Whether the encoding is a guess.")
    rows: Count = 0
    columns: tuple[str, ...] = Field((), description="All that the file has.")
    text_column: str | None = None
    label_column: str | None = Field(None, description="Null where the file has no labels.")
    label_distribution: dict[str, int] = Field(
        default_factory=dict, description=f"Rows by label, the most frequent first; at most {LABELS_SHOWN} labels."
    )
    labels_count: Count = Field(0, description="Labels that there are.")
    token_lengths: TokenLengths | None = None
    language: str | None = Field(None, description="ISO 639 code of the language of most texts.")
    symbols: dict[str, int] = Field(default_factory=dict, description="Rows by symbol, the most frequent first.")
    start: Moment | None = Field(None, description="The first time that there is.")
    end: Moment | None = Field(None, description="The last time that there is.")
    out_of_fold_accuracy: float | None = Field(
        None, description="Share of labels that TF-IDF with a logistic regression tells, of rows that it has not learned from."
    )
    findings: tuple[TextFinding, ...] = ()
    notes: tuple[str, ...] = Field((), description="What was assumed, or looked at in part, in sentences.")
    reasons: dict[str, str] = Field(default_factory=dict)
    files: dict[str, Artifact] = Field(default_factory=dict, description="The report, by its name below output_dir.")

    @property
    def errors(self) -> tuple[TextFinding, ...]:
        """What keeps it from being trained on."""
        return tuple(each for each in self.findings if each.severity == "error")

    @property
    def warnings(self) -> tuple[TextFinding, ...]:
        """What whoever trains on it should know."""
        return tuple(each for each in self.findings if each.severity == "warning")
