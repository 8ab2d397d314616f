"""What the gateway answers operators about accounts."""

from typing import Any

from pydantic import Field

from modelbourse.answers.accounts import ACCOUNT_ID, Account
from modelbourse.answers.answer import Answer, Moment, Page
from modelbourse.answers.keys import ApiKey


class AccountForAdmins(Account):
    """An account as admins see it."""

    suspended_at: Moment | None = Field(description="Since when it is kept out; null when it is not.", examples=[None])
    erasing_at: Moment | None = Field(
        None, description="Since when it is to be erased; null when it is not, and when all of it is gone.", examples=[None]
    )
    erased_at: Moment | None = Field(None, description="Since when nothing says who it was; null when it is not erased.", examples=[None])


class AccountPage(Page[AccountForAdmins]):
    """A part of the accounts."""


class AccountDetails(AccountForAdmins):
    """An account, what it logs in with, and what it has under way."""

    sessions: int = Field(description="How many log-ins are good now.", examples=[2])
    jobs: int = Field(description="How many jobs wait or run.", examples=[1])
    api_keys: list[ApiKey] = Field(description="Oldest first, without their secrets.")


class AccountErasure(Answer):
    """How far an account's erasure has come."""

    account: AccountForAdmins = Field(description="The account as it stands.")
    done: bool = Field(
        description="Whether all of it is gone. What is not done yet is done by itself, also if nobody asks again.", examples=[False]
    )
    waits_for: list[str] = Field(description="What is not done yet.", examples=[["2 jobs, which are being cancelled"]])


class ExportedDocument(Answer):
    """A document that the platform keeps of an account."""

    kind: str = Field(description="Service, and collection or what it is in it.", examples=["marketplace.purchases"])
    data: dict[str, Any] = Field(description="The document, without secrets.", examples=[{"id": "txn_01ke6x4q8cf2h5k7n1p4r6t9vw"}])


class ExportPage(Answer):
    """A part of what the platform keeps of an account."""

    lines: list[ExportedDocument] = Field(description="Documents; there may be none on a page that is not the last.")
    next_after: str | None = Field(description="Where the next page begins; null when all is told.", examples=["marketplace:"])


class SessionsRevoked(Answer):
    """What was done."""

    message: str = Field(description="For people.", examples=[f"Every log-in of {ACCOUNT_ID} has ended."])
