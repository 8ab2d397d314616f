"""The erasure of an account: asked for by its name, kept until it is done, and what is left in the end."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from services.gateway.domain.accounts.account import Account, Role, Tier

# What stands where a person's words were.
ERASED: Final = "erased"


class AccountErasedError(PlatformError, kind=ErrorKind.CONFLICT):
    """The account is erased, or is being: it does not come back."""

    def __init__(self) -> None:
        super().__init__("This account is erased, or is being erased: it does not come back.")


def check_lasting(account: Account) -> None:
    """Raise AccountErasedError for an account that is erased, or is being erased."""
    if account.erasing_at or account.erased_at:
        raise AccountErasedError


@dataclass(frozen=True, slots=True)
class Erasure:
    """An account as it stands while it is erased; `waits_for` says what is not done yet, in words. Nothing: all is done."""

    account: Account
    waits_for: tuple[str, ...] = ()


def asked_for(account: Account, *, username: str, at: datetime) -> Account:
    """Return an account that is to be erased: from here on it is kept out. Asked again, it stays as it is.

    Raise InvalidError unless it is named by its own name: nobody erases another one by a slip.
    """
    if account.erased_at is not None:
        return account
    if account.username.casefold() != username.casefold():
        msg = "The account is not erased."
        raise InvalidError(msg, details={"username": [f"{account.id} has another name than {username[:64]!r}."]})
    if account.erasing_at is not None:
        return account
    return replace(account, erasing_at=at, suspended_at=account.suspended_at or at)


def done(account: Account) -> Account:
    """Return an account of which all is gone. It is kept out no longer: there is nothing left to log in with."""
    return replace(account, erasing_at=None, suspended_at=None)


def pseudonymous(account: Account, *, at: datetime) -> Account:
    """Return an account that is nobody's: what is left is its id, which ledgers name, and when it was made."""
    return replace(
        account,
        username=f"{ERASED}-{account.id.rpartition('_')[2]}",
        email="",
        password_hash=ERASED,
        role=Role.USER,
        tier=Tier.FREE,
        epoch=account.epoch + 1,
        erased_at=at,
    )
