"""AI Engine's batches: what a model says at each candle of a dataset, waited for, downloaded."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpx

from modelbourse.answers.engine.batches import Batch, BatchQueued
from modelbourse.asking import ask_for, given, path_to
from modelbourse.engine.errors import EngineJobCancelledError, EngineJobFailedError
from modelbourse.errors import NotConnectedError
from modelbourse.errors_jobs import WaitTimeoutError
from modelbourse.gateway import Gateway, new_key
from modelbourse.looking import Looks
from modelbourse.saving import save_pieces
from modelbourse.sending import FilePath
from modelbourse.steps import Steps

BATCHES: Final = "/v1/ai/predictions/batch"


def predict_dataset(
    gateway: Gateway, model_id: str, dataset_id: str, *, interval_level: float | None = None, idempotency_key: str | None = None
) -> Steps[BatchQueued]:
    """Queue a batch; raise InvalidRequestError (columns that are missing), PaymentError, or ConflictError for a model not trained."""
    body = {"model_id": model_id, "dataset_id": dataset_id} | given(interval_level=interval_level)
    return ask_for(gateway, BatchQueued, "POST", BATCHES, body=body, key=idempotency_key or new_key())


def get_batch(gateway: Gateway, batch_id: str) -> Steps[Batch]:
    """Return a batch as it stands; raise NotFoundError."""
    return ask_for(gateway, Batch, "GET", path_to(f"{BATCHES}/", batch_id, then=""))


def cancel_batch(gateway: Gateway, batch_id: str) -> Steps[Batch]:
    """End a batch; the hours that it has not used come back. Raise NotFoundError, or ConflictError for one that has ended."""
    return ask_for(gateway, Batch, "POST", path_to(f"{BATCHES}/", batch_id, then="/cancel"), key=new_key())


def wait_for_batch(
    gateway: Gateway, batch_id: str, *, timeout: float | None = None, watch: Callable[[Batch], None] | None = None
) -> Steps[Batch]:
    """Wait until a batch is written and return it; `watch` is told what is seen.

    Raise EngineJobFailedError, EngineJobCancelledError or, after `timeout` seconds, WaitTimeoutError: the batch goes on.
    """

    def too_late(last: Batch | None) -> WaitTimeoutError:
        stands = f"it is {last.status}" if last else "it goes on"
        return WaitTimeoutError(f"{batch_id} is not waited for any longer than {timeout:g} s; {stands}", None)

    looks = Looks(gateway, lambda: get_batch(gateway, batch_id), too_late, timeout)
    while True:
        batch = yield from looks.next()
        if watch is not None:
            watch(batch)
        if batch.status not in {"queued", "running"}:
            break
    if batch.status == "failed":
        message = f"{batch_id} failed: {batch.error or 'no reason was given'}"
        raise EngineJobFailedError(message, batch)
    if batch.status == "cancelled":
        message = f"{batch_id} was cancelled"
        raise EngineJobCancelledError(message, batch)
    return batch


def download_batch(gateway: Gateway, batch_id: str, into: FilePath) -> Steps[Path]:
    """Write a batch's Parquet file, whole or not at all, and return where it is; in a folder it is called as its id.

    Raise NotFoundError, ConflictError before it is written, NotConnectedError when it breaks off, or OSError.
    """
    place = Path(into)
    place = place / f"{batch_id}.parquet" if place.is_dir() else place
    answer = yield from gateway.ask("GET", path_to(f"{BATCHES}/", batch_id, then="/download"), stream=True)
    try:
        yield from save_pieces(answer, place)
    except httpx.TransportError as error:
        raise NotConnectedError(gateway.url, str(error)) from error
    return place
