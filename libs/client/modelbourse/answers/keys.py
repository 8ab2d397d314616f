"""What the gateway answers about API keys."""

from pydantic import Field

from modelbourse.answers.answer import Answer, Moment


class ApiKey(Answer):
    """An API key, without its secret."""

    id: str = Field(description="The key's id.", examples=["key_01jd3yq9h8e5v9k2m4n6p8r0s1"])
    name: str = Field(description="What it is for.", examples=["nightly retraining"])
    prefix: str = Field(description="How its secret begins.", examples=["mbk_Vt3kQz8n"])
    scopes: list[str] = Field(description="What it is good for.", examples=[["read", "train"]])
    created_at: Moment = Field(description="When it was made.", examples=["2026-11-23T09:30:00.000Z"])
    expires_at: Moment | None = Field(description="When it ends; null when it never does.", examples=["2027-01-01T00:00:00.000Z"])
    last_used_at: Moment | None = Field(description="To the minute; null before its first use.", examples=["2026-11-24T02:00:00.000Z"])


class ListedApiKey(ApiKey):
    """An API key as the list has it."""

    key: str | None = Field(None, description="Null: the secret is shown once, when the key is made.", examples=[None])


class NewApiKey(ApiKey):
    """A new API key with its secret, which is stored hashed and not shown again."""

    last_used_at: Moment | None = Field(description="Null before its first use.", examples=[None])
    key: str = Field(description="The secret.", examples=["mbk_Vt3kQz8nWm5pXr7sYc2dAe4fBg6hCj9kDl1mEn0oFp8"])


class KeysRevoked(Answer):
    """How many API keys have ended."""

    revoked_api_keys: int = Field(description="How many have ended.", examples=[2])
