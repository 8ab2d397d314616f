"""What Model Builder answers about API keys."""

from typing import Literal

from pydantic import Field

from modelbourse.answers.answer import Answer, Moment
from modelbourse.answers.builder.said import BuilderPage

KEY_ID = "key_01jd3yq9h8e5v9k2m4n6p8r0s1"
GIVEN = ["train", "export", "register"]


class BuilderKey(Answer):
    """An API key, without its secret."""

    id: str = Field(description="The key's id.", examples=[KEY_ID])
    name: str = Field(description="What it is for.", examples=["training-service"])
    prefix: str = Field(description="How its secret begins.", examples=["mbk_Vt3kQz8n"])
    permissions: list[str] = Field(description="What it is good for.", examples=[GIVEN])
    created_at: Moment = Field(description="When it was made.", examples=["2026-11-23T09:30:00.000Z"])
    expires_at: Moment | None = Field(description="When it ends; null when it never does.", examples=[None])


class BuilderListedKey(BuilderKey):
    """A key as the list has it."""

    last_used_at: Moment | None = Field(description="To the minute; null before its first use.", examples=["2026-11-24T02:00:00.000Z"])


class BuilderNewKey(BuilderKey):
    """A new key with its secret, which is stored hashed and not shown again."""

    api_key: str = Field(description="The secret.", examples=["mbk_Vt3kQz8nWm5pXr7sYc2dAe4fBg6hCj9kDl1mEn0oFp8"])


class BuilderKeys(BuilderPage[BuilderListedKey]):
    """A part of your keys that are still good, the oldest first."""


class BuilderKeyRevoked(Answer):
    """A key that has ended."""

    id: str = Field(description="The key's id.", examples=[KEY_ID])
    status: Literal["revoked"] = Field(description="It is.")
