"""What is broadcast, as it comes: signals, deployments, your own trainings, alerts, and your account's events."""

from collections.abc import Iterable
from typing import Final, TypeAlias

from pydantic import TypeAdapter, ValidationError

from modelbourse.answers.trading_ai.live import AccountEvent, AlertTold, Deployed, SignalReceived, Topic, TrainingProgressed
from modelbourse.errors import UnreadableAnswerError
from modelbourse.gateway import Gateway
from modelbourse.steps import Flow
from modelbourse.watching import hear, joined

Broadcast: TypeAlias = SignalReceived | Deployed | TrainingProgressed | AlertTold | AccountEvent
SOCKET: Final = ("GET", "/ws")
# What is said of the connection itself is nobody's news; of what a newer gateway tells besides nothing is known.
KINDS: Final[dict[str, type[Broadcast]]] = {
    "AISignalReceived": SignalReceived,
    "ModelDeployed": Deployed,
    "TrainingProgress": TrainingProgressed,
    "Alert": AlertTold,
    "event": AccountEvent,
}
KIND: Final = TypeAdapter(dict[str, object])


def listen(
    gateway: Gateway,
    *,
    types: Topic | Iterable[Topic] | None = None,
    symbols: str | Iterable[str] | None = None,
    events: str | Iterable[str] | None = None,
    progress: bool = False,
) -> Flow[Broadcast, None]:
    """Iterate over signals, deployments, your own trainings and alerts as they come, until you stop; each filter takes one or several.

    `types="event"` tells of your account's events, as webhooks are told them; `events` names some of them (`training_job.completed`).
    A connection that breaks is opened again, through outages of ten minutes; what was told meanwhile is not told again. `progress`
    says on stderr how it stands. Raise UnsendableError for a filter that is empty or no strings, InvalidRequestError for one that is
    none, WebSocketsMissingError (`modelbourse[live]`).
    """
    asked = {"types": types, "symbols": symbols, "events": events}
    filters = {name: joined(name, given) for name, given in asked.items() if given is not None}
    told: Flow[Broadcast, None] = hear(gateway, SOCKET, params=lambda _: filters, read=_read, progress=progress)
    yield from told


def _read(message: str) -> Broadcast | None:
    try:
        kind = KINDS.get(str(KIND.validate_json(message).get("type")))
        return None if kind is None else kind.model_validate_json(message)
    except ValidationError as error:
        raise UnreadableAnswerError(*SOCKET, error.errors(include_url=False, include_input=False)[0]["msg"]) from error
