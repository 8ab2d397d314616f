"""What the gateway answers about accounts."""

from modelbourse.answers.answer import Answer, Moment
from modelbourse.answers.keys import ApiKey


class Account(Answer):
    """An account, without its secrets."""

    id: str
    username: str
    email: str
    role: str
    tier: str
    created_at: Moment


class PasswordChanged(Answer):
    """What has ended with the old password, and the API keys that are still good."""

    message: str
    revoked_api_keys: int
    valid_api_keys: list[ApiKey]
