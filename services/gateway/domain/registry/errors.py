"""Why the registry refuses."""

import re
from collections.abc import Collection, Sequence
from typing import Final

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from libs.contracts.names import did_you_mean, listed
from services.gateway.domain.registry.gate import Finding

OF_TRAINING: Final = re.compile(r"\d+\.\d+")


class NameNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """Nothing is registered under the name, or not by this account."""

    def __init__(self, name: str, *, known: Collection[str] = ()) -> None:
        super().__init__(f"Nothing is registered as '{name[:80]}'.{did_you_mean(name, known)}")


class RegisteredVersionNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """The name has no such version."""

    def __init__(self, name: str, wanted: int | str, *, newest: int) -> None:
        super().__init__(f"'{name}' has no version {wanted}; its newest is {newest}.")


class AliasNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """The name has no such alias."""

    def __init__(self, name: str, alias: str, *, known: Collection[str]) -> None:
        there = f" It has {', '.join(sorted(known))}." if known else " It has none."
        if OF_TRAINING.fullmatch(alias):
            there += f" A training numbers its versions so; those of a registered name have whole numbers, such as '{name}@1'."
        super().__init__(f"'{name}' has no alias '{alias[:60]}'.{there}{did_you_mean(alias, known)}")


class NotInProductionError(PlatformError, kind=ErrorKind.CONFLICT):
    """No version of the name is in production."""

    def __init__(self, name: str) -> None:
        super().__init__(f"No version of '{name}' is in production: promote one, or name one by its alias or number.")


class NotInStatusError(PlatformError, kind=ErrorKind.CONFLICT):
    """No version of the name is so far."""

    def __init__(self, name: str, status: str) -> None:
        super().__init__(f"No version of '{name}' is {status}: name one by its number or an alias.")


class RegisteredElsewhereError(PlatformError, kind=ErrorKind.CONFLICT):
    """A model has one name: else one of its versions could be in production twice."""

    def __init__(self, model_id: str, name: str) -> None:
        self.name = name
        message = f"{model_id} is registered as '{name}' already: a model has one name."
        super().__init__(message, details={"model_id": [message]})


class RegisteredAlreadyError(PlatformError, kind=ErrorKind.CONFLICT):
    """The same version of the same model has a number already."""

    def __init__(self, name: str, number: int) -> None:
        message = f"It is registered already: as version {number} of '{name}'. Train the model again for a new one."
        super().__init__(message, details={"model_id": [message]})


class OtherKindError(PlatformError, kind=ErrorKind.CONFLICT):
    """A name is of models of one kind: who serves by it knows what it takes and answers."""

    def __init__(self, name: str, kind: str) -> None:
        message = f"'{name}' is a name of models of the kind {kind}: choose another one."
        super().__init__(message, details={"model_name": [message]})


class InUseError(PlatformError, kind=ErrorKind.CONFLICT):
    """A version that something answers by is not deleted."""

    def __init__(self, name: str, number: int, why: str) -> None:
        super().__init__(f"Version {number} of '{name}' {why}")


class RegistryFullError(PlatformError, kind=ErrorKind.CONFLICT):
    """A name has, or an account, all that it may have."""

    def __init__(self, most: int, what: str) -> None:
        super().__init__(f"There are {most} {what} already: no more are kept.")


class PromotionRefusedError(PlatformError, kind=ErrorKind.CONFLICT):
    """A version does not pass its name's gate; `details.failing` has what fails in sentences, `facts` the same as numbers.

    It has no number where it was to be registered straight into production: then it is not registered.
    """

    def __init__(self, name: str, number: int | None, failing: Sequence[Finding]) -> None:
        said = [each.sentence for each in failing]
        what = f"Version {number} of '{name}' does" if number else f"The version is not registered as '{name}' for production, as it does"
        super().__init__(f"{what} not pass the gate: {' '.join(said)}", details={"failing": said})
        self.failing = tuple(failing)
        self.facts = {"failing": [{"metric": of.rule.metric, "op": of.rule.op, "wanted": of.needed, "got": of.actual} for of in failing]}


class ApprovalNeededError(PlatformError, kind=ErrorKind.CONFLICT):
    """An admin has to agree first; where the version has no number, it is not registered."""

    def __init__(self, name: str, number: int | None) -> None:
        what = f"version {number} of '{name}' in production" if number else f"a version in production, so it is not registered as '{name}'"
        message = (
            f"An admin has to agree to {what}: give it another stage than production first, and ask for its promotion in the registry."
        )
        super().__init__(message, details={"approval": ["pending_approval"]})


class GateHeldError(PlatformError, kind=ErrorKind.FORBIDDEN):
    """Who has to be asked cannot be left out by who has to ask."""

    def __init__(self, name: str) -> None:
        message = f"An admin has to agree to promotions of '{name}': an admin alone can take that away. Its rules may be changed."
        super().__init__(message, details={"approval": [message]})


class NotPendingError(PlatformError, kind=ErrorKind.CONFLICT):
    """Nobody has asked for it, or it is decided."""

    def __init__(self, name: str, number: int) -> None:
        super().__init__(f"Version {number} of '{name}' waits for no approval.")


class NothingToRollBackError(PlatformError, kind=ErrorKind.CONFLICT):
    """No other version was in production before."""

    def __init__(self, name: str) -> None:
        super().__init__(f"No version of '{name}' was in production before that could serve again.")


class CannotServeError(PlatformError, kind=ErrorKind.CONFLICT):
    """What a number stands for can serve no more; the message says why."""


class RegistryChangedError(PlatformError, kind=ErrorKind.CONFLICT, worth_retrying=True):
    """Somebody else changed the name in between."""

    def __init__(self, name: str) -> None:
        super().__init__(f"'{name}' was changed by another request at the same time; send yours again.")


def no_status(word: str, known: Sequence[str]) -> InvalidError:
    """Return the error for a word that is no status."""
    problem = f"'{word[:60]}' is not one of {listed(known)}.{did_you_mean(word, known)}"
    return InvalidError("The version cannot be changed like this.", details={"status": [problem]})
