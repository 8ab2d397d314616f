"""Model Builder's checks of data: whether texts can be trained on, and a report on them."""

from collections.abc import Callable, Sequence
from typing import Final

from modelbourse.answers.builder.data import CheckStatus, TextCheck, TextCheckRow, TextReport
from modelbourse.answers.builder.said import BuilderPage
from modelbourse.asking import given, path_to, strings_of
from modelbourse.builder.asking import ask_builder, get_part
from modelbourse.builder.waiting import wait_for
from modelbourse.gateway import Gateway, new_key
from modelbourse.steps import Steps

VALIDATE: Final = "/data/validate"
REPORT: Final = "/data/report"


def validate_data(
    gateway: Gateway,
    data_path: str,
    *,
    format: str | None = None,  # noqa: A002  # as the document has it
    encoding: str | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    time_column: str | None = None,
    symbol_column: str | None = None,
    group_column: str | None = None,
    split_column: str | None = None,
    labels: Sequence[str] | None = None,
    max_length: int | None = None,
    idempotency_key: str | None = None,
) -> Steps[TextCheck]:
    """Check a file of texts of your data root, or `dataset:<id>`; what takes longer than a moment is `pending`: see `wait_check`.

    Raise InvalidRequestError or NotFoundError.
    """
    body = {"data_path": data_path} | given(
        format=format,
        encoding=encoding,
        text_column=text_column,
        label_column=label_column,
        time_column=time_column,
        symbol_column=symbol_column,
        group_column=group_column,
        split_column=split_column,
        labels=None if labels is None else strings_of("labels", labels),
        max_length=max_length,
    )
    return ask_builder(gateway, TextCheck, "POST", VALIDATE, body=body, key=idempotency_key or new_key())


def list_checks(
    gateway: Gateway, *, status: CheckStatus | None = None, limit: int = 20, offset: int = 0
) -> Steps[BuilderPage[TextCheckRow]]:
    """Return a part of your checks and reports, the newest first."""
    return get_part(gateway, TextCheckRow, VALIDATE, limit=limit, offset=offset, **given(status=status))


def get_check(gateway: Gateway, check_id: str) -> Steps[TextCheck]:
    """Return a check as it stands; raise NotFoundError."""
    return ask_builder(gateway, TextCheck, "GET", path_to(f"{VALIDATE}/", check_id, then=""))


def cancel_check(gateway: Gateway, check_id: str) -> Steps[TextCheck]:
    """End a check, or a report; raise NotFoundError, or ConflictError for one that has ended."""
    return ask_builder(gateway, TextCheck, "DELETE", path_to(f"{VALIDATE}/", check_id, then=""))


def wait_for_check(
    gateway: Gateway, check_id: str, *, timeout: float | None = None, watch: Callable[[TextCheck], None] | None = None
) -> Steps[TextCheck]:
    """Wait until a check has ended well and return it. Raise BuilderJobFailedError, BuilderJobCancelledError or WaitTimeoutError."""
    return wait_for(gateway, check_id, lambda: get_check(gateway, check_id), timeout=timeout, watch=watch)


def report_data(
    gateway: Gateway,
    data_path: str,
    *,
    output_path: str | None = None,
    format: str | None = None,  # noqa: A002  # as the document has it
    encoding: str | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    time_column: str | None = None,
    symbol_column: str | None = None,
    group_column: str | None = None,
    split_column: str | None = None,
    labels: Sequence[str] | None = None,
    max_length: int | None = None,
    idempotency_key: str | None = None,
) -> Steps[TextReport]:
    """Write a report on a file of texts, as an HTML page of your data root; see `wait_report`, `files.get`.

    Raise InvalidRequestError or NotFoundError.
    """
    told = given(
        output_path=output_path,
        format=format,
        encoding=encoding,
        text_column=text_column,
        label_column=label_column,
        time_column=time_column,
        symbol_column=symbol_column,
        group_column=group_column,
        split_column=split_column,
        labels=None if labels is None else strings_of("labels", labels),
        max_length=max_length,
    )
    return ask_builder(gateway, TextReport, "POST", REPORT, body={"data_path": data_path} | told, key=idempotency_key or new_key())


def get_report(gateway: Gateway, report_id: str) -> Steps[TextReport]:
    """Return a report as it stands; raise NotFoundError."""
    return ask_builder(gateway, TextReport, "GET", path_to(f"{REPORT}/", report_id, then=""))


def wait_for_report(
    gateway: Gateway, report_id: str, *, timeout: float | None = None, watch: Callable[[TextReport], None] | None = None
) -> Steps[TextReport]:
    """Wait until a report is written and return it. Raise BuilderJobFailedError, BuilderJobCancelledError or WaitTimeoutError."""
    return wait_for(gateway, report_id, lambda: get_report(gateway, report_id), timeout=timeout, watch=watch)
