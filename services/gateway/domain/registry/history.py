"""How registered versions came to stand where they do: each change of a status, when it was, whose word it was and why."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from services.gateway.domain.registry.gate import Finding
from services.gateway.domain.registry.version import Status

# Of a name's changes so many are kept, the newest: its document stays far below MongoDB's 16 MB.
HISTORY_MOST: Final = 2000
COMMENT_MOST: Final = 500
# Of its refused promotions so many: each says up to 20 rules, and whoever asks again and again must not fill the document.
REFUSALS_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Note:
    """Who wants a change, by name, and what they say to it; `by` is None where nobody said so here, as a stage was given elsewhere."""

    by: str | None = None
    comment: str = ""


SILENT: Final = Note()


@dataclass(frozen=True, slots=True)
class Transition:
    """A number's change of status; `was` is None for its registration."""

    number: int
    at: datetime
    was: Status | None
    now: Status
    by: str | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A promotion of a number that the gate has refused: the status that it kept, the one that it was to have, and what it was told.

    `failing` are the rules that it does not pass; there are none where an admin had to agree first. What was to be registered straight into
    production had neither a number nor a status: it is known by its model and version of that.
    """

    number: int | None
    at: datetime
    was: Status | None
    wanted: Status
    message: str
    failing: tuple[Finding, ...] = ()
    by: str | None = None
    comment: str = ""
    model_id: str | None = None
    model_version: str | None = None


def with_transition(history: Sequence[Transition], new: Transition) -> tuple[Transition, ...]:
    """Return the history with one more change; the oldest make way."""
    return (*history, new)[-HISTORY_MOST:]


def with_note(history: tuple[Transition, ...], number: int, status: Status, note: Note) -> tuple[Transition, ...]:
    """Return the history in which a number's last change has its author, where an event was quicker than whoever made the change.

    It is the same one where there is nothing to say, or somebody has said it.
    """
    place = next((place for place in range(len(history) - 1, -1, -1) if history[place].number == number), None)
    if note.by is None or place is None or history[place].by is not None or history[place].now is not status:
        return history
    return (*history[:place], replace(history[place], by=note.by, comment=note.comment), *history[place + 1 :])
