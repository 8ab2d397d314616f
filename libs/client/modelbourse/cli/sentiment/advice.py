"""What a `sentiment-*` command advises when something goes wrong: in the words of these commands."""

from collections.abc import Callable
from typing import Any, Final

from modelbourse.errors import (
    AuthenticationError,
    InvalidRequestError,
    NotConnectedError,
    NotFoundError,
    NotLoggedInError,
    PermissionDeniedError,
)

# The first noun of a message counts.
LISTS: Final = {
    "version": "`sentiment-list-models --name NAME` shows what there is",
    "model": "`sentiment-list-models` shows yours",
    "name": "`sentiment-list-models` shows yours",
    "training": "the training's id is what `sentiment-train` has printed; model/manifest.json has it, too, as job_id",
}
# Before all other advice.
ADVICE: Final[tuple[tuple[Any, Callable[[Any], str | None]], ...]] = (
    (NotConnectedError, lambda _: "start a platform with `make up`, or set MODEL_BUILDER_URL"),
    ((AuthenticationError, NotLoggedInError), lambda _: "set MODEL_BUILDER_API_KEY to an API key, or log in: `modelbourse login`"),
    (PermissionDeniedError, lambda _: "make a key that may: `modelbourse keys create NAME --scope …`, and set MODEL_BUILDER_API_KEY to it"),
    (InvalidRequestError, lambda _: None),
    (NotFoundError, lambda error: next((told for noun, told in LISTS.items() if noun in error.message.lower()), None)),
)
