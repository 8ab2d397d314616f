"""What the first rows of a CSV file are understood as, told at once; the check, which reads all of it, has the last word."""

from typing import Final

from libs.contracts.datasets import ValidateSpec
from libs.market.datasets.head import HEAD_BYTES, preview_csv
from modelbourse.answers import datasets as answers
from services.gateway.inbound.faces.ai_engine.dataset_answers import column_of

PARQUET: Final = "Parquet is read by its check: the dataset shows it when that has ended."


def first_look(spec: ValidateSpec, head: bytes) -> tuple[answers.DatasetPreview | None, str | None]:
    """Return what a file is understood as by its beginning; None, and why."""
    if spec.upload.format == "parquet":
        return None, PARQUET
    seen = preview_csv(head[:HEAD_BYTES], whole=spec.upload.size <= HEAD_BYTES, kind=spec.kind, columns=spec.columns, tz=spec.tz)
    if not seen.columns:
        return None, " ".join(finding.message for finding in seen.findings)
    preview = answers.DatasetPreview(
        columns=[column_of(each) for each in seen.columns],
        rows=list(seen.rows),
        tz=spec.tz or "UTC",
        timeframe=spec.timeframe,
        calendar=spec.calendar,
        calendar_guessed=False,
    )
    return preview, None
