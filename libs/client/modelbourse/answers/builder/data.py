"""What Model Builder answers about data: whether texts can be trained on, what was found in them, and where the report is."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, JOB_ID, REASONS, Answer, Moment
from modelbourse.answers.builder.files import PATH
from modelbourse.answers.builder.said import BuilderPage
from modelbourse.answers.frames import to_frame

CheckStatus = Literal["pending", "completed", "failed", "cancelled"]
TextFindingName = Literal[
    "empty_text",
    "duplicate",
    "near_duplicate",
    "split_leakage",
    "label_unknown",
    "label_conflict",
    "label_noise",
    "imbalance",
    "too_long",
    "encoding",
    "control_character",
    "language",
    "pii_hint",
]
REPORT_PATH: Final = "reports/data_analysis.html"
DISTRIBUTION: Final = {"positive": 400, "neutral": 300, "negative": 300}
FOUND: Final = "12 rows whose text is there before, but for case and punctuation."
ADVICE: Final = "Keep one of each: copies count several times in training, and measure nothing in a test."
STANDS: Final = "`pending` while it is under way: ask for it by its id."


class TextRowShown(Answer):
    """A row that shows what was found."""

    place: int = Field(description="Its line in the file, or its row where rows are no lines; from 1.", examples=[41])
    text: str = Field(
        description="Its beginning; e-mail addresses, phone, card and account numbers stand as `[e-mail]` and the like.",
        examples=["Shares rise after strong earnings"],
    )
    label: str | None = Field(description="Its label; null where the file has none.", examples=["positive"])
    why: str = Field(description="What is about this row; empty where the finding says it.", examples=["as row 12"])


class TextFinding(Answer):
    """One kind of thing that was found."""

    code: TextFindingName = Field(description="What it is.", examples=["duplicate"])
    severity: Literal["error", "warning", "info"] = Field(
        description="`error`: it cannot be trained on. `warning`: results may mislead. `info`: good to know.", examples=["warning"]
    )
    count: int = Field(description="Rows that it is of; of `imbalance`, labels.", examples=[12])
    share: float = Field(description="Of the rows, or labels, that were looked at, 0 to 1.", examples=[0.012])
    message: str = Field(description="A sentence: what it is.", examples=[FOUND])
    suggestion: str = Field(description="A sentence: what to do.", examples=[ADVICE])
    examples: Sequence[TextRowShown] = Field(description="Some of the rows, at most five.")


class TextTokenLengths(Answer):
    """How long texts are, in tokens of all-minilm-l6-v2."""

    shortest: int = Field(description="The shortest text's.", examples=[7])
    median: int = Field(description="Half of the texts have no more.", examples=[28])
    p95: int = Field(description="19 of 20 texts have no more.", examples=[54])
    longest: int = Field(description="The longest text's.", examples=[131])


class TextCheckError(Answer):
    """Why a check has not ended well."""

    code: Literal["VALIDATION_ERROR"] = Field(description="The word for it.")
    message: str = Field(description="A sentence.", examples=["data/news.json is no longer there: send it again."])


class TextCheck(Answer):
    """What a file of texts was read as, and what was found in it. While it is `pending` all that it finds is null or empty."""

    check_id: str = Field(description="The check's id.", examples=[JOB_ID])
    status: CheckStatus = Field(description=STANDS, examples=["completed"])
    data_path: str = Field(description="What was checked.", examples=[PATH])
    valid: bool | None = Field(description="Whether a model can be trained on it: nothing that was found is an error.", examples=[True])
    format: str | None = Field(description="What the file is.", examples=["json"])
    encoding: str | None = Field(description="How it is encoded; null for Parquet.", examples=["utf-8"])
    encoding_assumed: bool | None = Field(description="Whether the encoding is a guess.", examples=[False])
    rows: int | None = Field(description="Rows that it has.", examples=[1000])
    columns: Sequence[str] = Field(description="Columns that it has.", examples=[["text", "label"]])
    text_column: str | None = Field(description="The column that was read as the texts.", examples=["text"])
    label_column: str | None = Field(description="The column that was read as the labels; null without one.", examples=["label"])
    label_distribution: Mapping[str, int] = Field(
        description="Rows by label, the most frequent first, at most 50.", examples=[DISTRIBUTION]
    )
    labels_count: int | None = Field(description="Labels that there are.", examples=[3])
    token_lengths: TextTokenLengths | None = Field(description="How long the texts are.")
    language: str | None = Field(description="ISO 639 code of the language of most texts.", examples=["en"])
    start: Moment | None = Field(description="The first time that there is; null without a column of times.", examples=[AT])
    end: Moment | None = Field(description="The last time that there is; null without a column of times.", examples=[AT])
    out_of_fold_accuracy: float | None = Field(
        description="Share of the labels that TF-IDF with a logistic regression tells, of rows that it has not learned from.",
        examples=[0.71],
    )
    errors: Sequence[str] = Field(description="What keeps it from being trained on, in sentences.", examples=[[]])
    warnings: Sequence[str] = Field(description="What whoever trains on it should know, in sentences.", examples=[[FOUND]])
    findings: Sequence[TextFinding] = Field(description="All that was found, errors first.")
    suggestions: Sequence[str] = Field(description="What to do, in the order of the findings.", examples=[[ADVICE]])
    notes: Sequence[str] = Field(description="What was assumed, or looked at in part.", examples=[[]])
    created_at: Moment = Field(description="When it was asked for (UTC).", examples=[AT])
    completed_at: Moment | None = Field(description="When it ended (UTC).", examples=[AT])
    error: TextCheckError | None = Field(description="Why it has not ended well; null where it has, or is under way.", examples=[None])
    reasons: dict[str, str] = REASONS

    def to_frame(self) -> Any:
        """Return the findings as a pandas.DataFrame, a line each; raise PandasMissingError."""
        return to_frame(self.findings)


class TextReport(Answer):
    """Where the report on a file of texts is."""

    report_id: str = Field(description="The report's id; its findings are those of the check by the same id.", examples=[JOB_ID])
    status: CheckStatus = Field(description=STANDS, examples=["completed"])
    data_path: str = Field(description="What it is about.", examples=[PATH])
    output_path: str = Field(description="Where it lies in your data root: an HTML page that stands alone.", examples=[REPORT_PATH])
    generated_at: Moment | None = Field(description="When it was written (UTC); null before.", examples=[AT])
    valid: bool | None = Field(description="Whether a model can be trained on the texts; null before.", examples=[True])
    rows: int | None = Field(description="Rows that there are; null before.", examples=[1000])
    errors: Sequence[str] = Field(description="What keeps them from being trained on, in sentences.", examples=[[]])
    warnings: Sequence[str] = Field(description="What whoever trains on them should know, in sentences.", examples=[[FOUND]])
    file_bytes: int | None = Field(description="How long the page is; null before.", examples=[28104])
    error: TextCheckError | None = Field(description="Why it was not written; null where it was, or is under way.", examples=[None])
    reasons: dict[str, str] = REASONS


class TextCheckRow(Answer):
    """A check, or a report, as lists show it."""

    check_id: str = Field(description="The check's id; a report's is the same.", examples=[JOB_ID])
    status: CheckStatus = Field(description=STANDS, examples=["completed"])
    data_path: str = Field(description="What it is about.", examples=[PATH])
    output_path: str | None = Field(description="Where a report goes in your data root; null for a check alone.", examples=[REPORT_PATH])
    valid: bool | None = Field(description="Whether a model can be trained on the texts; null before.", examples=[True])
    created_at: Moment = Field(description="When it was accepted (UTC).", examples=[AT])
    completed_at: Moment | None = Field(description="When it ended; null before.", examples=[AT])
    reasons: dict[str, str] = REASONS


class TextCheckPage(BuilderPage[TextCheckRow]):
    """A part of the checks and reports, the newest first."""
