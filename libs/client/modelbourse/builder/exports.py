"""Model Builder's exports: models made into files for other servers, and exported files that are validated."""

from collections.abc import Callable, Iterable
from typing import Final

from modelbourse.answers.builder.exports import BuilderExport, ExportStatus
from modelbourse.answers.builder.said import BuilderPage
from modelbourse.asking import given, path_to, strings_of
from modelbourse.builder.asking import ask_builder, get_part
from modelbourse.builder.waiting import wait_for
from modelbourse.gateway import Gateway, new_key
from modelbourse.steps import Steps

EXPORTS: Final = "/export"


def export_model(
    gateway: Gateway,
    model_path: str,
    *,
    format: str | Iterable[str] = "onnx",  # noqa: A002  # as the document has it
    output_dir: str | None = None,
    validate: bool = True,
    optimize: bool = False,
    test_data: str | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    name: str | None = None,
    idempotency_key: str | None = None,
) -> Steps[BuilderExport]:
    """Export a model: a folder of your data root, or `models:/name/1`; `format` is `onnx`, `torchscript`, `triton`, `both` or several.

    What takes longer than a moment is `pending`: see `wait`. Raise InvalidRequestError, NotFoundError or PaymentError.
    """
    body = {"model_path": model_path, "format": ",".join(strings_of("format", format)), "validate": validate, "optimize": optimize}
    told = given(output_dir=output_dir, test_data=test_data, text_column=text_column, label_column=label_column, name=name)
    return ask_builder(gateway, BuilderExport, "POST", EXPORTS, body=body | told, key=idempotency_key or new_key())


def validate_export(
    gateway: Gateway,
    model_path: str,
    *,
    test_data: str | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    output_dir: str | None = None,
    idempotency_key: str | None = None,
) -> Steps[BuilderExport]:
    """Compare an exported file of your data root, which lies in its bundle, with the model that it was made of; `report` has the figures.

    Raise InvalidRequestError or NotFoundError.
    """
    told = given(test_data=test_data, text_column=text_column, label_column=label_column, output_dir=output_dir)
    body = {"model_path": model_path} | told
    return ask_builder(gateway, BuilderExport, "POST", f"{EXPORTS}/validate", body=body, key=idempotency_key or new_key())


def list_exports(
    gateway: Gateway, *, status: ExportStatus | None = None, limit: int = 20, offset: int = 0
) -> Steps[BuilderPage[BuilderExport]]:
    """Return a part of your exports, the newest first."""
    return get_part(gateway, BuilderExport, EXPORTS, limit=limit, offset=offset, **given(status=status))


def get_export(gateway: Gateway, export_id: str) -> Steps[BuilderExport]:
    """Return an export as it stands; raise NotFoundError."""
    return ask_builder(gateway, BuilderExport, "GET", path_to(f"{EXPORTS}/", export_id, then=""))


def cancel_export(gateway: Gateway, export_id: str) -> Steps[BuilderExport]:
    """End an export; raise NotFoundError, or ConflictError for one that has ended."""
    return ask_builder(gateway, BuilderExport, "DELETE", path_to(f"{EXPORTS}/", export_id, then=""))


def wait_for_export(
    gateway: Gateway, export_id: str, *, timeout: float | None = None, watch: Callable[[BuilderExport], None] | None = None
) -> Steps[BuilderExport]:
    """Wait until an export has ended well and return it; `watch` is told what is seen.

    Raise BuilderJobFailedError, BuilderJobCancelledError or, after `timeout` seconds, WaitTimeoutError: the export goes on.
    """
    return wait_for(gateway, export_id, lambda: get_export(gateway, export_id), timeout=timeout, watch=watch)
