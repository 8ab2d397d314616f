"""What an error tells people, in AI Studio's words: states, priorities and requests of this face."""

from collections.abc import Mapping
from typing import Final

from libs.chassis.errors import PlatformError
from services.gateway.domain.models.errors import JobEndedError, NotADraftError, PriorityNotAllowedError, WrongStateError
from services.gateway.domain.webhooks.errors import WebhookDisabledError
from services.gateway.inbound.faces.ai_studio.words import PRIORITY_WORDS, STATE_WORDS

MESSAGES: Final[Mapping[type[PlatformError], str]] = {
    NotADraftError: "Only a model in DRAFT can be changed or deleted.",
    JobEndedError: "Only a pending or running job can be cancelled.",
}


def in_words(error: PlatformError) -> tuple[str, Mapping[str, list[str]]]:
    """Return an error's message and details; the domain's own where they name nothing that this face calls otherwise."""
    match error:
        case WrongStateError():
            message = MESSAGES.get(type(error), error.message)
            return message, {"status": [f"The {error.noun} is {STATE_WORDS[error.state]}."]}
        case PriorityNotAllowedError():
            wanted, allowed = PRIORITY_WORDS[error.priority], ", ".join(PRIORITY_WORDS[each] for each in error.allowed)
            message = f"Priority {wanted} needs the tier {' or '.join(error.needed)}; this account is on {error.tier}."
            return message, {"priority": [f"Allowed on this tier: {allowed}."]}
        case WebhookDisabledError():
            return error.message, {"enabled": [error.reason, 'Enable it first: PATCH {"enabled": true}.']}
        case _:
            return error.message, error.details
