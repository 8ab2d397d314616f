"""The gate: plain ASGI in front of every route. Ids, span, credential, limits, sizes, last errors, access log; cheap on purpose."""

import itertools
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from opentelemetry.trace import SpanKind, StatusCode
from starlette.requests import ClientDisconnect
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.chassis.errors import InvalidError, PlatformError
from libs.chassis.liveness.outages import as_platform_error
from libs.chassis.logs import correlate, log
from libs.chassis.telemetry import is_recording, span_from, traceparent
from services.gateway.domain.errors import AuthenticationError, EncodedBodyError, PayloadTooLargeError
from services.gateway.inbound.http.cursors import Cursors
from services.gateway.inbound.http.errors import answer_error
from services.gateway.inbound.http.exchange import COUNTED_AS, KEY, Exchange
from services.gateway.inbound.http.face import Faces
from services.gateway.inbound.http.headers import SECURITY_HEADERS, SECURITY_LINES, lines_of
from services.gateway.inbound.http.limits import Rates
from services.gateway.inbound.http.meters import Meters
from services.gateway.inbound.http.quick import ANSWER_WHOLE, AnswerWhole, Posted, Quick, QuickRoute
from services.gateway.inbound.http.wanted import Wanted, read_wanted
from services.gateway.usecases.accounts.check_credential import CheckCredential
from services.gateway.usecases.run_once import RunOnce

SLOW_S: Final = 1.0
ERROR_FROM: Final = 400
SERVER_ERROR_FROM: Final = 500


@dataclass(frozen=True, slots=True)
class GateParts:
    """What the gate needs. `anonymous`: routes that a document leaves open are; `use_cases` are what handlers call, by their class."""

    faces: Faces
    check_credential: CheckCredential
    rates: Rates
    run_once: RunOnce
    meters: Meters
    max_body_bytes: int
    max_header_bytes: int
    public_url: str
    cursors: Cursors
    use_cases: Mapping[type[Any], Any] = field(default_factory=dict)
    anonymous: bool = False
    log_every_request: bool = False


class Gate:
    """See the module. `scope["gateway.exchange"]` tells the routes behind it what it found out."""

    def __init__(self, *, parts: GateParts, quick: Sequence[QuickRoute] = (), uploads: Sequence[Route] = ()) -> None:
        """`quick` routes are served by the gate itself, at a third of the price.

        `uploads` are routes that bound their bodies themselves.
        """
        self._app: ASGIApp  # what it stands `before`
        self._parts = parts
        self._quick = quick
        self._uploads = uploads
        # Unique without asking the system for randomness at each request.
        self._prefix = secrets.token_hex(8)
        self._numbers = itertools.count()

    def before(self, app: ASGIApp) -> "Gate":
        """Stand before an app, and return the gate."""
        self._app = app
        return self

    def quick_of(self, scope: Scope) -> Quick | None:
        """Return the route by which the gate serves a request by itself, and what its path says; None for any other request."""
        if scope["method"] == "POST":
            for route in self._quick:
                if (parameters := route.parameters_of(scope)) is not None:
                    return route, parameters
        return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; a socket passes, at the path as its owner writes it."""
        if scope["type"] == "http":
            await self.serve(scope, receive, send)
            return
        if scope["type"] == "websocket":
            scope["path"] = self._parts.faces.owner_of(scope["path"]).canonical(scope["path"])
        await self._app(scope, receive, send)

    async def serve(self, scope: Scope, receive: Receive, send: Send, *, quick: Quick | None = None) -> None:
        """Serve one HTTP request; `quick` is what `quick_of` has said of it, where it was asked already."""
        wanted = read_wanted(scope["headers"])
        request_id = wanted.request_id or f"{self._prefix}{next(self._numbers):016x}"
        client = scope.get("client")
        face = self._parts.faces.owner_of(scope["path"])
        path = scope["path"] = face.canonical(scope["path"])
        exchange = Exchange(
            face=face,
            address=client[0] if client else "unknown",
            request_id=request_id,
            correlation_id=wanted.correlation_id or request_id,
            run_once=self._parts.run_once,
            public_url=self._parts.public_url,
            cursors=self._parts.cursors,
            rates=self._parts.rates,
            use_cases=self._parts.use_cases,
            body_most=max(self._parts.max_body_bytes, face.bodies.get(path, 0)),
            counted_as=scope.get(COUNTED_AS, face),
            anonymous=self._parts.anonymous,
        )
        scope[KEY] = exchange
        # The server runs each request in a context of its own, so there is nothing to unbind.
        correlate(exchange.correlation_id)
        with span_from(wanted.traceparent, name=scope["method"], kind=SpanKind.SERVER) as span:
            passage = Passage(scope, send, parts=self._parts, exchange=exchange, trace=traceparent())
            try:
                await passage.admit(wanted, uploads=self._uploads)
                await self._serve(passage, wanted, scope, receive, quick=quick or self.quick_of(scope))
            except Exception as error:  # noqa: BLE001 - the last handler: nothing leaves without an answer, and what is unforeseen is logged
                await passage.answer(error)
            if is_recording():
                span.update_name(f"{scope['method']} {route_of(scope)}")
                span.set_attributes({"http.response.status_code": passage.status, "url.path": scope["path"], "http.route": route_of(scope)})
            if passage.status >= SERVER_ERROR_FROM:
                span.set_status(StatusCode.ERROR)
            passage.close()

    async def _serve(self, passage: "Passage", wanted: Wanted, scope: Scope, receive: Receive, *, quick: Quick | None) -> None:
        if quick is not None:
            scope["route"], parameters = quick
            posted = Posted(scope[KEY], parameters, wanted.content_type, partial(passage.body, receive))
            await passage.answer_json(await quick[0].answer(posted))
            return
        receive = passage.limited(receive)
        if scope["method"] == "HEAD":
            # A GET whose body is left out on its way back (RFC 9110, section 9.3.2).
            asked = {**scope, "method": "GET"}
            await self._app(asked, receive, passage.send)
            scope["route"] = asked.get("route")
            return
        await self._app(scope, receive, passage.send)


class Passage:
    """One request's way through the gate and back."""

    __slots__ = ("_began", "_exchange", "_parts", "_scope", "_send", "_trace", "status")

    def __init__(self, scope: Scope, send: Send, *, parts: GateParts, exchange: Exchange, trace: str | None) -> None:
        self._scope = scope
        self._send = send
        self._parts = parts
        self._exchange = exchange
        self._began = time.perf_counter()
        self._trace = trace
        self.status = 0

    async def admit(self, wanted: Wanted, *, uploads: Sequence[Route]) -> None:
        """Check sizes, credential and limits. Raise what refuses the request; a bad credential is told by the route that needs one."""
        parts, exchange = self._parts, self._exchange
        size = wanted.header_bytes + len(self._scope["raw_path"]) + len(self._scope["query_string"])
        if size > parts.max_header_bytes:
            message = f"The request's address and headers have {size} bytes; at most {parts.max_header_bytes} are read."
            raise PayloadTooLargeError(message)
        if wanted.authorization is not None:
            await self._identify(wanted.authorization)
        exchange.verdict = parts.rates.check(exchange.counted_as, caller=exchange.caller, address=exchange.address)
        if exchange.verdict is not None:
            exchange.verdict.enforce()
        if (wanted.content_length or 0) > exchange.body_most and not _is_among(self._scope, uploads):
            raise too_large(exchange.body_most)
        if wanted.content_encoding is not None:
            raise EncodedBodyError(wanted.content_encoding)
        if wanted.hosts != 1 and not (wanted.hosts == 0 and self._scope["http_version"] == "1.0"):
            message = f"A request has one Host header, this one has {wanted.hosts}."
            raise InvalidError(message)

    async def _identify(self, authorization: str) -> None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            self._exchange.refused = AuthenticationError("The Authorization header is not `Bearer <token or API key>`.")
            return
        check = self._parts.check_credential
        try:
            self._exchange.caller = check.remembered(token) or await check(token)
        except PlatformError as error:
            self._exchange.refused = error

    def limited(self, receive: Receive) -> Receive:
        """Return `receive`, counting the body, whatever was said of its length."""
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._exchange.body_most:
                raise too_large(self._exchange.body_most)
            return message

        return counted

    async def send(self, message: Message) -> None:
        """Add the gate's headers to the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = {name for name, _ in message["headers"]}
            more = (pair for pair in SECURITY_HEADERS if pair[0] not in given)
            message["headers"] = [*message["headers"], *self._headers(), *more]
        elif self._scope["method"] == "HEAD":
            message = {**message, "body": b""}
        await self._send(message)

    async def body(self, receive: Receive) -> bytes:
        """Return the request's body. Raise PayloadTooLargeError, or ClientDisconnect when it does not come to its end."""
        pieces: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            pieces.append(message.get("body", b""))
            size += len(pieces[-1])
            if size > self._exchange.body_most:
                raise too_large(self._exchange.body_most)
            if not message.get("more_body"):
                return b"".join(pieces)

    async def answer_json(self, body: bytes) -> None:
        """Answer 200 with JSON, in one piece where the connection is one of ours."""
        headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]
        write: AnswerWhole | None = self._scope.get(ANSWER_WHOLE)
        if write is not None and write(lines_of(headers + self._headers()) + SECURITY_LINES, body):
            self.status = 200
            return
        await self.send({"type": "http.response.start", "status": 200, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

    def _headers(self) -> list[tuple[bytes, bytes]]:
        exchange = self._exchange
        headers = [(b"x-request-id", exchange.request_id.encode()), (b"x-correlation-id", exchange.correlation_id.encode())]
        if self._trace is not None:
            headers.append((b"traceparent", self._trace.encode()))
        return headers + exchange.verdict.headers if exchange.verdict else headers

    async def answer(self, error: Exception) -> None:
        """Answer an error that no route has; once an answer has begun it can only be broken off."""
        if isinstance(error, ClientDisconnect):
            return
        told = error if isinstance(error, PlatformError) else as_platform_error(error)
        if told is None:
            log().exception("unexpected error", error_id=self._exchange.request_id, path=self._scope["path"], exc_info=error)
            told = PlatformError(f"Something went wrong on our side; the error's id is {self._exchange.request_id}.")
        if self.status:
            raise error
        await answer_error(told, face=self._exchange.face)(self._scope, _nothing, self.send)

    def close(self) -> None:
        """Count the request, and log it when it is worth a line."""
        took = time.perf_counter() - self._began
        route = route_of(self._scope)
        self._parts.meters.count(self._exchange.face.name, method=self._scope["method"], route=route, status=self.status, seconds=took)
        if self._parts.log_every_request or self.status >= ERROR_FROM or took > SLOW_S:
            self._log(took)

    def _log(self, took: float) -> None:
        caller = self._exchange.caller
        log().info(
            "request",
            method=self._scope["method"],
            path=self._scope["path"],
            status=self.status,
            ms=round(took * 1000, 1),
            account_id=caller.account_id if caller else None,
            address=self._exchange.address,
            request_id=self._exchange.request_id,
        )


def too_large(most: int) -> PayloadTooLargeError:
    """Return the error of a body beyond the limit."""
    return PayloadTooLargeError(f"The request's body is too large; at most {most} bytes are read.")


def route_of(scope: Scope) -> str:
    """Return the template of the route that served the request, or `-` when there was none."""
    route: Any = scope.get("route")
    return str(getattr(route, "path_format", None) or getattr(route, "path", "-"))


def _is_among(scope: Scope, routes: Sequence[Route]) -> bool:
    return any(route.matches(scope)[0] is Match.FULL for route in routes)


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
