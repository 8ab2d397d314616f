"""Why a model is refused."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Final

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from libs.contracts.names import did_you_mean
from services.gateway.domain.errors import WrongStateError

OFFERED_AS: Final = {"in_review": "in review", "listed": "on sale"}


class ModelNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """There is no such model, or it is somebody else's."""

    def __init__(self, model_id: str) -> None:
        super().__init__(f"There is no model '{model_id[:80]}'.")


class VersionNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """The model has no such version."""

    def __init__(self, version: str, *, known: Collection[str]) -> None:
        super().__init__(f"The model has no version '{version[:80]}'.{did_you_mean(version, known)}")


class ResultNotKeptError(InvalidError):
    """What a version measured was not kept: it would serve and show nothing of it."""

    def __init__(self, version: str) -> None:
        why = f"Version {version} was trained before the results of each version were kept."
        super().__init__(f"{why} It cannot serve again: train the model again.", details={"version": [why]})


class LastVersionError(InvalidError):
    """A trained model has a version that serves."""

    def __init__(self, version: str) -> None:
        super().__init__(
            f"Version {version} is the last one that is not archived: put another one into production first, or archive the model.",
            details={"stage": ["One version must be left to serve."]},
        )


class PlotMissingError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """The version that serves has no such plot; the message says why."""


class TableMissingError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """The version that serves has no such table; the message says why."""


class VersionTakenError(PlatformError, kind=ErrorKind.CONFLICT, worth_retrying=True):
    """The model has not heard yet of a job that makes, or made, the version that is next by its count."""

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        super().__init__(f"The model was trained by {job_id} at the same time; send the request again.")


class ModelChangedError(PlatformError, kind=ErrorKind.CONFLICT, worth_retrying=True):
    """Somebody else changed the model in between."""

    def __init__(self, model_id: str) -> None:
        super().__init__(f"{model_id} was changed by another request at the same time; send yours again.")


class SlugTakenError(PlatformError, kind=ErrorKind.CONFLICT, worth_retrying=True):
    """Another model of the account has taken the readable name in between."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"Another model was called '{slug}' at the same time; send the request again.")


class TooManyModelsError(PlatformError, kind=ErrorKind.CONFLICT):
    """An account has all the models that it may have."""

    def __init__(self, most: int) -> None:
        super().__init__(f"The account has {most} models already.")


class ModelBusyError(PlatformError, kind=ErrorKind.CONFLICT):
    """A training job of the model has not ended."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"The model is being trained by {job_id}: wait for it to end, or cancel it.", details={"job_id": [job_id]})


class NotADraftError(WrongStateError, code="not_a_draft"):
    """Only drafts are configured anew or deleted."""

    def __init__(self, state: str) -> None:
        super().__init__("Only a draft can be configured anew or deleted.", noun="model", state=state)


class ModelArchivedError(WrongStateError):
    """An archived model is read alone."""

    def __init__(self) -> None:
        super().__init__("The model is archived: restore it first.", noun="model", state="archived")


class ModelOfferedError(PlatformError, kind=ErrorKind.CONFLICT):
    """What is in review or on sale is not archived."""

    def __init__(self, listing: str) -> None:
        super().__init__(f"The model is {OFFERED_AS[listing]}: withdraw it from the marketplace before you archive it.")


class PrivateTrainingError(PlatformError, kind=ErrorKind.CONFLICT):
    """A model that others use, or are about to, would be trained on candles of its owner's own."""

    def __init__(self, listing: str, symbols: Collection[str]) -> None:
        named = ", ".join(symbols)
        message = (
            f"The model is {OFFERED_AS[listing]}, and would be trained on your own {named}: nobody else has these candles, so subscribers "
            "could not be served. Withdraw it from the marketplace first, or train another model on them."
        )
        super().__init__(message, details={"symbols": [message]})


class NoDataError(InvalidError):
    """A model that was made without data is trained on a dataset, or is given symbols first."""

    def __init__(self) -> None:
        message = "The model does not say yet what it learns from: give it symbols, or train it on a dataset of AI Engine."
        super().__init__(message, details={"training_config.symbols": ["This field is required before the model is trained."]})


class UntrainableError(InvalidError):
    """A training cannot be like this; `details` are by the fields of TrainingSpec, which faces may call otherwise."""

    def __init__(self, problems: Mapping[str, list[str]]) -> None:
        super().__init__(f"The model cannot be trained like this: see {', '.join(list(problems)[:5])}.", details=problems)


class ModelInProductionError(PlatformError, kind=ErrorKind.CONFLICT):
    """What answers is not deleted."""

    def __init__(self, where: str) -> None:
        super().__init__(f"The model is in production ({where}): take it out of production before you delete it.")


class ModelSoldError(PlatformError, kind=ErrorKind.CONFLICT):
    """Who has paid for a model goes on being served, and its earnings stay told."""

    def __init__(self) -> None:
        super().__init__("The model was on the marketplace: it can be archived, and not deleted.")


class ModelExpiredError(PlatformError, kind=ErrorKind.CONFLICT):
    """The version that would answer is older than its model's `retrain.expire_after`."""

    def __init__(self, version: str, *, expired_at: datetime, own: bool) -> None:
        moment = f"{expired_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        what = "Train the model again, or change its retrain.expire_after" if own else "Its owner has to train it again"
        super().__init__(f"Version {version} of the model expired on {moment}. {what}.", details={"expired_at": [moment]})


EXPIRED_EXAMPLE: Final = ModelExpiredError("1.0", expired_at=datetime(2026, 2, 14, 15, 30, tzinfo=UTC), own=True)


class ModelNotTrainedError(WrongStateError):
    """Predictions need a trained model."""

    def __init__(self, state: str) -> None:
        super().__init__("The model has not been trained yet: train it first.", noun="model", state=state)
