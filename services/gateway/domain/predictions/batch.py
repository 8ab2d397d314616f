"""Batches of predictions: a job each, by an id of their own; what they cost, and what of a dataset they need."""

from decimal import Decimal
from typing import Final

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from libs.contracts.batches import PredictBatchSpec
from libs.contracts.money import to_hours
from libs.contracts.names import listed
from libs.market.catalogue import UnknownSymbolError
from libs.market.own import OwnCatalogue, check_instrument
from services.gateway.domain.models.check_features import check_features

PREFIX: Final = "batch"
# CPU seconds that are set aside, estimates on the safe side:
# for a new process with its imports and the candles' features, and for a million candles, each of which
# may be a window that a network looks at.
SECONDS: Final = 60.0
SECONDS_A_MILLION: Final = 900.0


class BatchNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """There is no such batch, or it is somebody else's."""

    def __init__(self, batch_id: str) -> None:
        super().__init__(f"There is no batch of predictions '{batch_id[:80]}'.")


class BatchNotReadyError(PlatformError, kind=ErrorKind.CONFLICT):
    """A batch whose file is asked for before it is written."""

    def __init__(self, state: str) -> None:
        super().__init__("A batch has a file when it has completed.", details={"status": [f"The batch is {state}."]})


class BatchFileMissingError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """The file of a batch is gone."""

    def __init__(self, batch_id: str) -> None:
        super().__init__(f"The file of {batch_id} is no longer in the artifact store: ask for another batch.")


def batch_id_of(job_id: str) -> str:
    """Return the id of a batch, by that of its job."""
    return f"{PREFIX}_{job_id.removeprefix('job_')}"


def job_id_of(batch_id: str) -> str:
    """Return the id of a batch's job."""
    return f"job_{batch_id.removeprefix(f'{PREFIX}_')}"


def check_batch(spec: PredictBatchSpec, *, own: OwnCatalogue, synthetic_allowed: bool) -> None:
    """Raise InvalidError (`dataset_id`) where its candles are no more, or lack columns that the model looks at; it names them."""
    for symbol in spec.symbols:
        try:
            check_instrument(symbol, timeframe=spec.timeframe, own=own, synthetic_allowed=synthetic_allowed)
        except UnknownSymbolError as error:
            raise InvalidError(error.message, details={"dataset_id": [error.message]}) from error
    lacking = [name for name in spec.features if check_features([name], symbols=spec.symbols, timeframe=spec.timeframe, own=own)]
    if lacking:
        message = f"{spec.dataset_id} has no {listed(lacking)}, which the model looks at: choose a dataset with these columns."
        raise InvalidError(message, details={"dataset_id": [message]})


def batch_hours(spec: PredictBatchSpec) -> Decimal:
    """Return the compute hours that are set aside, and the most that is charged."""
    return to_hours(SECONDS + SECONDS_A_MILLION * spec.candles_most / 1_000_000)
