"""Watch jobs of all kinds live, as they begin, go on and end; and how any socket is listened to."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from pydantic import ValidationError

from modelbourse.answers.live import JobState, JobUpdate, LiveJob
from modelbourse.asking import strings_of
from modelbourse.errors import PASSING, ModelbourseError, NotConnectedError, UnreadableAnswerError, UnsendableError
from modelbourse.gateway import Gateway
from modelbourse.outages import Outage
from modelbourse.refusals import told_refusal
from modelbourse.sockets import NO_FRAME, Closed
from modelbourse.steps import Emit, Flow, Pause, Receive

Item = TypeVar("Item")
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
    progress: bool = False,
) -> Flow[JobUpdate, None]:
    """Iterate over what happens to your jobs of all kinds: first each that has not ended, then each change and each end.

    Each filter takes one value or several; with `job_id` it is over when all of them have ended.
    A connection that breaks is opened again, through outages of ten minutes, and nothing is told twice; `progress` says on stderr how it
    stands. Raise UnsendableError for a filter that is empty or no strings, InvalidRequestError for one that is none, NotFoundError,
    RateLimitedError, WebSocketsMissingError (`modelbourse[live]`).
    """
    asked = {"kind": kind, "model_id": model_id, "state": state, "job_id": job_id}
    filters: dict[str, str | int | None] = {name: joined(name, given) for name, given in asked.items() if given is not None}
    heard = Heard()

    def looking_back(away: float | None) -> dict[str, str | int | None]:
        return filters | {"ended_within": None if away is None else min(LOOK_BACK_MOST_S, int(away) + UNNOTICED_S)}

    def news(message: str) -> JobUpdate | None:
        update = _read(message)
        return update if heard.is_news(update) else None

    yield from hear(gateway, SOCKET, params=looking_back, read=news, progress=progress)


def hear(
    gateway: Gateway,
    socket: tuple[str, str],
    *,
    params: Callable[[float | None], Mapping[str, str | int | None]],
    read: Callable[[str], Item | None],
    progress: bool,
) -> Flow[Item, None]:
    """Iterate over what a socket tells until it is over; one that breaks is opened again, through outages of ten minutes.

    `params` are the query's, by the seconds since the connection broke (None: it is the first); `read` makes a message an item, or None
    where it is no news.
    """
    outage, tries, away_since = Outage(), 0, None
    show = _shown_connection() if progress else _show_nothing
    while True:
        asked = params(None if away_since is None else time.monotonic() - away_since)
        try:
            answer = yield from gateway.ask(*socket, params=asked, socket=True)
        except PASSING as error:
            # Where there was no connection yet the address may be wrong: that is told at once.
            if away_since is None:
                raise
            pause = outage.pause(error)
            show(error)
            yield Pause(pause)
            continue
        show(None)
        opened, opened_at = answer.extensions["socket"], time.monotonic()
        while isinstance(message := (yield Receive(opened)), str):
            if (item := read(message)) is not None:
                yield Emit(item)
        if message.code == DONE:
            return
        problem = _passing(gateway, socket, message)
        away_since = time.monotonic()
        if away_since - opened_at >= SOUND_S:
            outage.end()
            tries = 0
        tries += 1
        soon = gateway.retries.pause(tries, problem)
        yield Pause(outage.pause(problem) if soon is None else soon)


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


def _passing(gateway: Gateway, socket: tuple[str, str], closed: Closed) -> NotConnectedError:
    """Return why the socket is to be opened again. Raise why it is not."""
    if closed.code in COME_BACK:
        return NotConnectedError(gateway.url, f"the socket was closed: {closed.code} {closed.reason}")
    if closed.code > CLOSE_CODES:
        raise told_refusal({"message": closed.reason}, status=closed.code - CLOSE_CODES, headers={})
    raise UnreadableAnswerError(*socket, f"it has closed the socket: {closed.code} {closed.reason}")


def _shown_connection() -> Callable[[ModelbourseError | None], None]:
    from modelbourse.progress import shown_connection  # noqa: PLC0415  # rich takes a while to import, and most uses show nothing

    return shown_connection()


def _show_nothing(_: ModelbourseError | None) -> None:
    """Nobody wants to know how the connection stands."""


def _read(message: str) -> JobUpdate:
    try:
        return JobUpdate.model_validate_json(message)
    except ValidationError as error:
        raise UnreadableAnswerError(*SOCKET, error.errors(include_url=False, include_input=False)[0]["msg"]) from error


def joined(name: str, given: str | Iterable[str]) -> str:
    """Return a filter as the gateway takes it, with commas. One that is empty is refused: it would filter nothing."""
    joined = ",".join(strings_of(name, given))
    if not joined.strip(", "):
        message = f"{name} is empty: name what is to be watched, or leave it out to watch all"
        raise UnsendableError(message)
    return joined
