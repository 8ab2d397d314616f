"""Why a dataset is refused."""

from collections.abc import Sequence
from typing import ClassVar

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from services.gateway.domain.errors import WrongStateError


class DatasetNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """There is no such dataset, or it is somebody else's."""

    def __init__(self, dataset_id: str) -> None:
        super().__init__(f"There is no dataset '{dataset_id[:80]}'.")


class DatasetVersionNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """The dataset has no such version."""

    def __init__(self, number: int, *, newest: int) -> None:
        known = "It has version 1 alone." if newest == 1 else f"It has the versions 1 to {newest}, but for those that were deleted."
        super().__init__(f"The dataset has no version {number}. {known}", details={"version": [known]})


class DatasetFileMissingError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """There is no file of what is asked for; the message says why."""


class DatasetBusyError(PlatformError, kind=ErrorKind.CONFLICT):
    """A check of the dataset has not ended."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"The dataset is being checked by {job_id}: wait for it to end, or cancel it.", details={"job_id": [job_id]})


class DatasetChangedError(PlatformError, kind=ErrorKind.CONFLICT, worth_retrying=True):
    """Somebody else changed the dataset in between."""

    def __init__(self, dataset_id: str) -> None:
        super().__init__(f"{dataset_id} was changed by another request at the same time; send yours again.")


class NumberTakenError(PlatformError, kind=ErrorKind.CONFLICT):
    """Another job has made the version meanwhile, or is about to."""

    def __init__(self, dataset_id: str, *, number: int, job_id: str) -> None:
        super().__init__(
            f"Version {number} of {dataset_id} is made by {job_id}, which was faster: send your rows again, as a new request.",
            details={"job_id": [job_id]},
        )


class SymbolTakenError(PlatformError, kind=ErrorKind.CONFLICT):
    """The account has another dataset with candles of this symbol and timeframe."""

    def __init__(self, *, symbol: str, timeframe: str, dataset_id: str) -> None:
        what = f"{dataset_id} has your {timeframe} candles of {symbol}: append to it, delete it, or use another symbol."
        super().__init__(what, details={"symbol": [what], "dataset_id": [dataset_id]})
        self.dataset_id = dataset_id


class DatasetUsedError(PlatformError, kind=ErrorKind.CONFLICT):
    """Versions of models were trained on the dataset, and their run cards name it."""

    SHOWN: ClassVar = 5

    def __init__(self, models: Sequence[str]) -> None:
        more = f" and {len(models) - self.SHOWN} more" if len(models) > self.SHOWN else ""
        named = f"{', '.join(models[: self.SHOWN])}{more}"
        super().__init__(f"Models were trained on the dataset: {named}. It stays as long as they do.", details={"used_by": list(models)})


class DatasetVersionKeptError(PlatformError, kind=ErrorKind.CONFLICT):
    """The version is still needed."""

    def __init__(self, number: int, *, why: str) -> None:
        what = f"Version {number} stays: {why}."
        super().__init__(what, details={"version": [what]})


class DatasetReadError(PlatformError, kind=ErrorKind.CONFLICT):
    """Jobs that have not ended read the dataset."""

    def __init__(self, job_ids: Sequence[str]) -> None:
        super().__init__(
            f"The dataset is being read by {', '.join(job_ids[:5])}: wait for that to end, or cancel it.", details={"job_id": list(job_ids)}
        )


class DatasetRefusedError(WrongStateError):
    """What was refused has no rows to be used."""

    def __init__(self, number: int, *, state: str) -> None:
        super().__init__(f"Version {number} has no rows to be used.", noun="version", state=state)


class DatasetNotReadyError(WrongStateError):
    """No version of the dataset can be used yet."""

    def __init__(self, dataset_id: str, *, status: str) -> None:
        what = f"{dataset_id} has no version that can be used: wait for its check to end, or send rows that pass it."
        super().__init__(what, noun="dataset", state=status)


class NoCandlesOfDatasetError(InvalidError):
    """Only candles are learned from."""

    def __init__(self, dataset_id: str, *, kind: str) -> None:
        why = f"Must be a dataset of candles; {dataset_id} is one of {kind}."
        super().__init__(f"Nothing can be learned from {dataset_id} like this: see dataset_id.", details={"dataset_id": [why]})


class OnlyLookedAtError(WrongStateError):
    """Nothing of it is kept."""

    def __init__(self) -> None:
        super().__init__("It was only looked at (dry_run): send the whole file as a new dataset.", noun="dataset", state="a dry run")


class PackagedDatasetError(PlatformError, kind=ErrorKind.CONFLICT):
    """What comes with the platform is nobody's to change."""

    def __init__(self, dataset_id: str) -> None:
        super().__init__(f"'{dataset_id[:80]}' comes with the platform: it is read alone.")
