"""Watch jobs of all kinds live, as they begin, go on and end."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from modelbourse.answers.live import JobState, JobUpdate, LiveJob
from modelbourse.errors import NotConnectedError, UnreadableAnswerError
from modelbourse.gateway import Gateway
from modelbourse.refusals import told_refusal
from modelbourse.sockets import NO_FRAME, Closed
from modelbourse.steps import Emit, Flow, Pause, Receive

SOCKET: Final = ("GET", "/ws/jobs")
DONE: Final = 1000
# An application's own close codes: the HTTP status of the same error is added.
CLOSE_CODES: Final = 4000
# The gateway goes down, the connection is gone, nobody answers to pings; a token has ended, which is renewed; too slow; the store is away.
COME_BACK: Final = frozenset({1001, NO_FRAME, 1011, 1012, 4401, 4408, 4503})
# A connection is known to be gone some time after it is, and clocks differ.
UNNOTICED_S: Final = 60
# The most that the gateway looks back.
LOOK_BACK_MOST_S: Final = 300
# A socket that was open for so long did well.
SOUND_S: Final = 5
KNOWN_MOST: Final = 2000


def watch_jobs(
    gateway: Gateway,
    *,
    kind: str | Iterable[str] | None = None,
    model_id: str | Iterable[str] | None = None,
    state: JobState | Iterable[JobState] | None = None,
    job_id: str | Iterable[str] | None = None,
) -> Flow[JobUpdate, None]:
    """Iterate over what happens to your jobs of all kinds: first each that has not ended, then each change and each end.

    Each filter takes one value or several; with `job_id` it is over when all of them have ended.
    A connection that breaks is opened again, and nothing is told twice.
    Raise InvalidRequestError for a filter that is none, NotFoundError, RateLimitedError, WebSocketsMissingError (`modelbourse[live]`).
    """
    filters = {"kind": _joined(kind), "model_id": _joined(model_id), "state": _joined(state), "job_id": _joined(job_id)}
    heard, tries, away_since = Heard(), 0, None
    while True:
        looking_back = None if away_since is None else min(LOOK_BACK_MOST_S, int(time.monotonic() - away_since) + UNNOTICED_S)
        answer = yield from gateway.ask(*SOCKET, params=filters | {"ended_within": looking_back}, socket=True)
        socket, opened_at = answer.extensions["socket"], time.monotonic()
        while isinstance(message := (yield Receive(socket)), str):
            update = _read(message)
            if heard.is_news(update):
                yield Emit(update)
        if message.code == DONE:
            return
        away_since = time.monotonic()
        tries = tries + 1 if away_since - opened_at < SOUND_S else 1
        yield Pause(_pause(gateway, message, tries=tries))


@dataclass(slots=True)
class Heard:
    """How the jobs stand that were told of, the latest of them."""

    jobs: dict[str, LiveJob] = field(default_factory=dict)

    def is_news(self, update: JobUpdate) -> bool:
        """Tell whether a job stands as it was not told yet."""
        before = self.jobs.pop(update.job_id, None)
        self.jobs[update.job_id] = update.data
        if len(self.jobs) > KNOWN_MOST:
            del self.jobs[next(iter(self.jobs))]
        return before != update.data


def _pause(gateway: Gateway, closed: Closed, *, tries: int) -> float:
    """Return how long to wait before the socket is opened again. Raise why it is not."""
    if closed.code in COME_BACK:
        problem = NotConnectedError(gateway.url, f"the socket was closed: {closed.code} {closed.reason}")
        pause = gateway.retries.pause(tries, problem)
        if pause is None:
            raise problem
        return pause
    if closed.code > CLOSE_CODES:
        raise told_refusal({"message": closed.reason}, status=closed.code - CLOSE_CODES, headers={})
    raise UnreadableAnswerError(*SOCKET, f"it has closed the socket: {closed.code} {closed.reason}")


def _read(message: str) -> JobUpdate:
    try:
        return JobUpdate.model_validate_json(message)
    except ValidationError as error:
        raise UnreadableAnswerError(*SOCKET, error.errors(include_url=False, include_input=False)[0]["msg"]) from error


def _joined(given: str | Iterable[str] | None) -> Any:
    return given if given is None or isinstance(given, str) else ",".join(given)
