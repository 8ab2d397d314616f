"""What the gateway answers about accounts."""

from typing import Final, Literal

from pydantic import Field

from modelbourse.answers.answer import Answer, Moment
from modelbourse.answers.keys import ApiKey
from modelbourse.answers.limits import TierName

RoleName = Literal["user", "admin"]
ACCOUNT_ID: Final = "account_01jd3yq9h8e5v9k2m4n6p8r0s1"  # in examples
LOG_INS_ENDED: Final = "The password is changed. Every other login has ended; this one goes on with its refresh token."


class Account(Answer):
    """An account, without its secrets."""

    id: str = Field(description="The account's id.", examples=[ACCOUNT_ID])
    username: str = Field(description="Unique, case aside.", examples=["ada"])
    email: str = Field(description="As it was given.", examples=["ada@example.com"])
    role: RoleName = Field(description="What it may do at all.", examples=["user"])
    tier: TierName = Field(description="How much it may use.", examples=["free"])
    created_at: Moment = Field(description="When it was made.", examples=["2026-11-23T09:30:00.000Z"])


class PasswordChanged(Answer):
    """What has ended with the old password, and what is still good."""

    message: str = Field(description="For people.", examples=[LOG_INS_ENDED])
    revoked_api_keys: int = Field(description="How many API keys have ended.", examples=[0])
    valid_api_keys: list[ApiKey] = Field(description="They go on until they expire or are revoked: `DELETE /auth/api-keys` ends all.")
