"""What the gateway answers about API keys."""

from modelbourse.answers.answer import Answer, Moment


class ApiKey(Answer):
    """An API key; `prefix` is how its secret begins."""

    id: str
    name: str
    prefix: str
    scopes: list[str]
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Moment | None


class NewApiKey(ApiKey):
    """A new API key with its secret, which is not shown again."""

    key: str


class KeysRevoked(Answer):
    """How many API keys have ended."""

    revoked_api_keys: int
