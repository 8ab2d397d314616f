"""`/ws`: signals, deployments, the caller's own trainings, alerts and account's events as they come, by type, symbol and event."""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeVar, get_args

from starlette.datastructures import QueryParams
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from libs.chassis.errors import InvalidError, PlatformError
from libs.chassis.tasks import side_by_side
from libs.contracts.alerts import AlertAcknowledged
from libs.contracts.analyses import SignalGenerated
from libs.contracts.deployments import ModelDeployed
from libs.contracts.envelope import Event, now
from libs.contracts.job_kinds import JobKind
from libs.contracts.monitoring import AlertRaised, AlertResolved
from libs.contracts.names import did_you_mean
from modelbourse.answers.answer import Answer
from modelbourse.answers.trading_ai import live as answers
from services.gateway.domain.accounts.caller import Scope
from services.gateway.domain.alerts import level_of
from services.gateway.domain.broadcasts import Broadcast
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.watch import JobWatch
from services.gateway.domain.signals.sent_symbols import slip_in
from services.gateway.domain.socket_errors import SlowReaderError, TooTalkativeError
from services.gateway.inbound.faces.trading_ai import words
from services.gateway.inbound.faces.trading_ai.face import FACE
from services.gateway.inbound.http.queries import SHOWN, as_seconds, as_word, check_queries
from services.gateway.inbound.live.door import Visitor, refuse
from services.gateway.inbound.live.feed import Feed
from services.gateway.inbound.live.stage import Listener, Stage, Wanted
from services.gateway.inbound.live.watching import SEND_WITHIN_S, TOO_SLOW, Watching, close

TYPES: Final = get_args(answers.Topic)
TRAININGS: Final = JobWatch(kinds=frozenset({JobKind.TRAIN}))
# What comes to who does not say what is wanted: an account's events tell again what the others tell, in other words.
UNASKED: Final = tuple(each for each in TYPES if each != "event")
# Whether each may come more than once.
KNOWN: Final = {"events": True, "symbols": True, "told_within": False, "token": False, "types": True}
LISTS: Final = ("types", "symbols", "events")
SAYS: Final = ("ping", "subscribe")
SYMBOLS_MOST: Final = 50
# As long as an access token is good for, after which a socket comes back.
TOLD_WITHIN_MOST_S: Final = 3600
SYMBOL_MOST: Final = 40
CANNOT: Final = "Nothing can be subscribed to like this."
HEARTBEAT_S: Final = 30.0
SAID_MOST: Final = 60
SAID_WITHIN_S: Final = 60
A = TypeVar("A", bound=Answer)
OwnSymbols = Callable[[str], Awaitable[Collection[str]]]


@dataclass(frozen=True, slots=True)
class SignalsSocket:
    """Serves sockets at `/ws`. `strangers`: whether one needs no credential; `own` are the symbols that an account has by itself.

    `events` are the names that an account's events may have, `admin_events` those of the admins' own.
    """

    stage: Stage
    watching: Watching
    own: OwnSymbols
    strangers: bool
    events: Sequence[str]
    admin_events: Sequence[str]

    @property
    def route(self) -> WebSocketRoute:
        """The route."""

        async def serve(socket: WebSocket) -> None:
            await self(socket)

        return WebSocketRoute("/ws", serve)

    async def __call__(self, socket: WebSocket) -> None:
        """Serve one socket from its handshake to its end."""
        door = self.watching.door
        let_in = await (door.let_anybody_in if self.strangers else door.let_in)(socket, self.read_wanted, face=FACE)
        if let_in is None:
            return
        visitor, wanted = let_in
        with suppress(WebSocketDisconnect):
            try:
                await self._check(wanted, visitor)
                await self._serve(socket, visitor, _by_candles(wanted), said=wanted)
            except SlowReaderError as error:
                await close(socket, TOO_SLOW, error.message)
            except PlatformError as error:
                await refuse(socket, error, face=FACE)
            except TimeoutError:
                await close(socket, TOO_SLOW, f"Nothing was read for {SEND_WITHIN_S:g} s.")

    async def _serve(self, socket: WebSocket, visitor: Visitor | None, wanted: Wanted, *, said: Wanted) -> None:
        listener = Listener(wanted)
        if visitor is not None:
            listener.account_id, listener.admin = visitor.caller.account_id, Scope.ADMIN in visitor.caller.scopes
        before, missed = self.stage.told_before(listener) if wanted.told_within else ([], None)
        hello = _text(answers.Connected, type="connection", message="Connected to AI Trading Service", missed=missed, **_shown(said))
        for text in (hello, *before):
            listener.tell(text)
        parts = [self._listened(socket, listener, visitor), _told(socket, listener)]
        with self.stage.listening(listener):
            await side_by_side(*parts, *([self._trainings(listener, visitor)] if visitor else []))

    async def _trainings(self, listener: Listener, visitor: Visitor) -> None:
        """Tell of the account's trainings, and let go of a credential that has been revoked."""
        account_id = visitor.caller.account_id
        with self.watching.hub.watching(TRAININGS, account_id=account_id) as watcher:
            feed, changed = Feed(TRAININGS, training_of), frozenset[str]()
            while True:
                if "TrainingProgress" in listener.wanted.types:
                    jobs = await self.watching.look(account_id, changed)
                    for message in feed.news(jobs, looked_at=(), whole=not changed):
                        listener.tell(message.model_dump_json())
                changed = await watcher.changed()
                await self.watching.door.identify(visitor.token)

    async def _listened(self, socket: WebSocket, listener: Listener, visitor: Visitor | None) -> None:
        """Answer what the client sends, until it goes. Raise TooTalkativeError."""
        said: deque[float] = deque(maxlen=SAID_MOST)
        clock = asyncio.get_running_loop().time
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1000))
            if len(said) == SAID_MOST and clock() - said[0] < SAID_WITHIN_S:
                raise TooTalkativeError(SAID_MOST, seconds=SAID_WITHIN_S)
            said.append(clock())
            try:
                listener.tell(await self._answered(message.get("text") or "", listener, visitor))
            except InvalidError as error:
                listener.tell(_text(answers.Misunderstood, type="error", message=error.message, details=dict(error.details)))

    async def _answered(self, text: str, listener: Listener, visitor: Visitor | None) -> str:
        if text.strip().lower() == "ping":
            return _pong()
        given = _object_of(text)
        if as_word(str(given.get("type")), "type", known=SAYS, refusal="This is not understood.") == "ping":
            return _pong()
        strange = [name for name in given if name not in {"type", *LISTS}]
        if strange:
            problem = f"There is no such field; there are events, symbols, type, types.{did_you_mean(strange[0][:SHOWN], LISTS)}"
            raise InvalidError(CANNOT, details={strange[0][:SHOWN]: [problem]})
        wanted = self.wanted_of(*(_listed(given, name) for name in LISTS))
        await self._check(wanted, visitor)
        listener.wanted = _by_candles(wanted)
        return _text(answers.Subscribed, type="subscribed", **_shown(wanted))

    def read_wanted(self, query: QueryParams) -> Wanted:
        """Read what is wanted by a query. Raise InvalidError for a name or a word that is none, with the nearest that is."""
        check_queries(query, known=KNOWN)
        given = {name: [word for part in query.getlist(name) for each in part.split(",") if (word := each.strip())] for name in LISTS}
        within = as_seconds(query.get("told_within", ""), "told_within", most=TOLD_WITHIN_MOST_S, refusal=CANNOT)
        return replace(self.wanted_of(*(given[name] or None for name in LISTS)), told_within=within)

    def wanted_of(self, types: Sequence[str] | None, symbols: Sequence[str] | None, events: Sequence[str] | None) -> Wanted:
        """Return what is wanted; None takes all, but an account's events only by their type or their names. Raise InvalidError."""
        for symbol in symbols or ():
            if not 0 < len(symbol) <= SYMBOL_MOST:
                raise InvalidError(CANNOT, details={"symbols": [f"'{symbol[:SHOWN]}' is no symbol: it has 1 to {SYMBOL_MOST} characters."]})
        if len(symbols or ()) > SYMBOLS_MOST:
            raise InvalidError(CANNOT, details={"symbols": [f"There are {len(symbols or ())}; at most {SYMBOLS_MOST} can be listened to."]})
        named = frozenset(as_word(each, "events", known=self.admin_events, refusal=CANNOT) for each in events or ())
        chosen = frozenset(as_word(each, "types", known=TYPES, refusal=CANNOT) for each in types or (("event",) if named else UNASKED))
        if named and "event" not in chosen:
            raise InvalidError(CANNOT, details={"events": ["Events come with the type `event`: name it in `types`, or leave `types` out."]})
        return Wanted(chosen, frozenset(symbols or ()), named)

    async def _check(self, wanted: Wanted, visitor: Visitor | None) -> None:
        """Raise InvalidError for events that nobody could be told, and for a symbol that is a slip away from a known one."""
        if "event" in wanted.types and visitor is None:
            raise InvalidError(CANNOT, details={"types": ["Events are an account's: connect with its credential to be told of them."]})
        of_admins = wanted.events.difference(self.events)
        if of_admins and visitor is not None and Scope.ADMIN not in visitor.caller.scopes:
            message = f"Only admins are told of '{min(of_admins)}'; there are {', '.join(self.events)}."
            raise InvalidError(CANNOT, details={"events": [message]})
        # Any pair may be analysed, so none is a slip.
        own = await self.own(visitor.caller.account_id) if visitor and wanted.symbols else ()
        for symbol in sorted(wanted.symbols):
            if slip := slip_in(symbol, own=own):
                raise InvalidError(slip.message, details={"symbols": [slip.message]})


async def _told(socket: WebSocket, listener: Listener) -> None:
    while True:
        text = await listener.next(within=HEARTBEAT_S) or _pong()
        async with asyncio.timeout(SEND_WITHIN_S):
            await socket.send_text(text)


def _by_candles(wanted: Wanted) -> Wanted:
    """Return the same by the names of candles, too: `BTCUSDT` and `BTC-USD` are one, unless it is an account's own symbol."""
    return replace(wanted, symbols=wanted.symbols | frozenset(map(words.candles_of, wanted.symbols)))


def _listed(given: Mapping[str, Any], name: str) -> list[str] | None:
    listed_here = given.get(name)
    if listed_here is None:
        return None
    if not isinstance(listed_here, list) or not listed_here or not all(isinstance(each, str) for each in listed_here):
        raise InvalidError(CANNOT, details={name: ["Must be a list of at least one text; leave it out to be told of all."]})
    return listed_here


def _object_of(text: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        message = 'Send the text ping, or an object such as {"type": "subscribe", "types": ["AISignalReceived"], "symbols": ["BTCUSDT"]}.'
        raise InvalidError(message)
    return given


def _shown(wanted: Wanted) -> dict[str, Any]:
    named = {"symbols": sorted(wanted.symbols) or None, "events": sorted(wanted.events) or None}
    return {"types": [each for each in TYPES if each in wanted.types], **named}


def _text(kind: type[Answer], *, timestamp: datetime | None = None, **fields: Any) -> str:
    return kind(timestamp=timestamp or now(), **fields).model_dump_json()


def _pong() -> str:
    return _text(answers.Pong, type="Pong", message="Connection alive")


def training_of(job: Job, at: datetime) -> answers.TrainingProgressed:
    """Say how a training stands."""
    step = answers.TrainingStep(
        job_id=job.id,
        name=job.slug or job.name,
        model_id=job.model_id,
        status=words.STATUSES[job.state],
        progress=job.progress,
        current_operation=job.stage,
        loss=job.metrics.get("loss"),
        estimated_completion=job.estimated_completion,
        error=job.error.message if job.error else None,
    )
    return answers.TrainingProgressed(type="TrainingProgress", job_id=job.id, data=step, timestamp=at)


def broadcast_of(event: Event) -> Broadcast | None:
    """Return what is told of an event, and to whom; None for one that nobody is told of."""
    match event:
        case SignalGenerated():
            data = _part(answers.SignalData, event, signal=event.signal.lower())
            text = _text(answers.SignalReceived, type="AISignalReceived", data=data, timestamp=event.occurred_at)
            symbol = event.symbol if event.account_id else words.candles_of(event.symbol)
            return Broadcast(event.event_id, "AISignalReceived", text, symbol, event.account_id)
        case ModelDeployed():
            text = _text(
                answers.Deployed,
                type="ModelDeployed",
                data=_part(answers.DeploymentData, event, symbol=words.pair_of(event.symbol)),
                timestamp=event.occurred_at,
            )
            return Broadcast(event.event_id, "ModelDeployed", text, words.candles_of(event.symbol))
        case AlertRaised() | AlertAcknowledged() | AlertResolved():
            alert = _part(answers.AlertData, event, **_alert_words(event))
            text = _text(answers.AlertTold, type="Alert", data=alert, timestamp=event.occurred_at)
            return Broadcast(event.event_id, "Alert", text, None, event.account_id, admins=event.account_id is None)
        case _:
            return None


def _alert_words(event: AlertRaised | AlertAcknowledged | AlertResolved) -> dict[str, Any]:
    """Return what an alert says beside its own fields."""
    match event:
        case AlertRaised():
            return {"status": "OPEN", "rule": event.rule or event.kind, "severity": level_of(event).upper()}
        case AlertAcknowledged():
            return {"status": "ACKNOWLEDGED", "message": event.notes or "Somebody looks after it."}
        case AlertResolved():
            return {"status": "RESOLVED"}


def _part(kind: type[A], event: Event, **more: Any) -> A:
    """Return what is told of an event: the fields that the message has, and no other."""
    return kind.model_validate({name: more.get(name, getattr(event, name, None)) for name in kind.model_fields})
