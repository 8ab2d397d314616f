"""A gateway as the client sees it: its address, the credential, and how often is asked when it is away."""

import json
import math
import random
import re
import secrets
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, Final

import httpx

from modelbourse.errors import (
    PASSING,
    AuthenticationError,
    ConflictError,
    ModelbourseError,
    NotConnectedError,
    NotLoggedInError,
    RefusedError,
    UnavailableError,
    UnreadableAnswerError,
    UnsendableError,
)
from modelbourse.refusals import refusal
from modelbourse.session import Kept, choose, read_kept, session_file, try_lock, write_kept
from modelbourse.steps import Pause, Send, Steps

LOOK_EVERY_S: Final = 0.05
TIMEOUT_S: Final = 30.0
# So many requests are enough for an hour of asking every 3.6 s: with more left nothing is spared.
PLENTY: Final = 1000
DEVICE_COOKIE: Final = "modelbourse_device"
# RFC 9110 and RFC 6750: what can stand after `Bearer`.
TOKEN: Final = re.compile(r"[!-~]+")
TOKENS: Final = ("POST", "/auth/token")
NOT_LOGGED_IN: Final = "log in first: `modelbourse login`, or set MODELBOURSE_TOKEN to a token or an API key"


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a request that may be repeated is sent, and how long is waited in between (seconds).

    What may be repeated: every GET and PUT, and every POST that goes with an Idempotency-Key. It is repeated after 429, 503, 504, broken
    connections, and while an attempt before it is under way (409 with `Retry-After`). In between is waited as long as `Retry-After`
    says (more than `patience`: not at all), and at least `first`, doubled each time up to `most`, of which up to a half is left
    out at random so that not all come at once.
    """

    attempts: int = 6
    first: float = 0.5
    most: float = 8.0
    patience: float = 60.0

    def pause(self, attempt: int, problem: ModelbourseError) -> float | None:
        """Return how long to wait after an attempt (1 is the first) that met a problem; None to give up."""
        after = problem.retry_after if isinstance(problem, RefusedError) else None
        # The request's first attempt may still be under way, or have died with its gateway: that is told with a Retry-After.
        passes = isinstance(problem, PASSING) or (isinstance(problem, ConflictError) and after is not None)
        if attempt >= self.attempts or not passes:
            return None
        if after is not None and after > self.patience:
            return None
        backoff: float = min(self.most, self.first * 2 ** (attempt - 1)) * random.uniform(0.5, 1)  # noqa: S311  # spreads load, hides nothing
        return max(backoff, after or 0)


@dataclass(slots=True)
class Credential:
    """A token or an API key, and how a token is renewed: by its refresh token, which is good once.

    `device` is by what the gateway knows this device when it logs in again. `granted` is the token that was given here last: one that is
    read where logins are kept may have been given to another process, and have ended since. `ends_at` is when, on the monotonic clock.
    """

    token: str | None
    refresh_token: str | None = None
    file: Path | None = None
    device: str | None = None
    granted: str | None = None
    ends_at: float = math.inf
    _renewing: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def may_have_ended(self) -> bool:
        """Tell whether the token that was given here last may have ended by now: gateways count lives in whole seconds."""
        return time.monotonic() >= self.ends_at - 1

    def renew(self, gateway: "Gateway", *, refused: str | None) -> Steps[bool]:
        """Get another token than the refused one, and tell whether there is one."""
        # A refresh token that is used twice ends its login: one of us alone, and one process alone, may use it.
        while not self._renewing.acquire(blocking=False):
            yield Pause(LOOK_EVERY_S)
        try:
            if self.token != refused:
                return True
            if self.refresh_token is None:
                return False
            return (yield from self._renew_kept(gateway, self.file)) if self.file else (yield from self._refresh(gateway))
        finally:
            self._renewing.release()

    def _renew_kept(self, gateway: "Gateway", file: Path) -> Steps[bool]:
        while True:
            with try_lock(file) as alone:
                if alone:
                    kept = read_kept(file)
                    if kept is None or kept.url != gateway.url:
                        return False
                    fresh = kept.token != self.token
                    self.token, self.refresh_token = kept.token, kept.refresh_token
                    return fresh or (yield from self._refresh(gateway))
            yield Pause(LOOK_EVERY_S)

    def _refresh(self, gateway: "Gateway") -> Steps[bool]:
        if self.refresh_token is None:
            return False
        try:
            grant = yield from get_grant(gateway, {"grant_type": "refresh_token", "refresh_token": self.refresh_token})
        except RefusedError as error:
            if isinstance(error, PASSING):
                raise
            self.refresh_token = None
            return False
        self.take(gateway.url, grant)
        return True

    def take(self, url: str, grant: Mapping[str, Any]) -> None:
        """Use what a login has given from now on, and keep it if the login is kept."""
        self.token = self.granted = str(grant["access_token"])
        self.ends_at = grant.get("ends_at", math.inf)
        self.refresh_token = str(grant["refresh_token"])
        self.device = grant.get("device") or self.device
        if self.file is not None:
            write_kept(self.file, Kept(url=url, token=self.token, refresh_token=self.refresh_token))


@dataclass(frozen=True, slots=True)
class Left:
    """How many requests are left of the hour's limit, and when (on the monotonic clock) there are as many as ever."""

    remaining: int
    limit: int
    fresh_at: float


@dataclass(slots=True)
class Gateway:
    """Where requests go, as whom, and how patiently. `left` is what the hour's limit leaves."""

    url: str
    credential: Credential
    retries: Retries
    timeout: float
    left: Left | None = None

    @property
    def verify(self) -> ssl.SSLContext | bool:
        """Whom httpx shall believe: the usual authorities, or nobody where no certificate is shown: reading them takes time."""
        return True if self.url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    def ask(self, method: str, path: str, *, key: str | None = None, anyone: bool = False, **options: Any) -> Steps[httpx.Response]:
        """Send a request as whoever is logged in, again where that is safe; what `anyone` may ask needs no login.

        Raise RefusedError, NotConnectedError, NotLoggedInError or UnsendableError.
        """
        if self.credential.token is None and not anyone:
            raise NotLoggedInError(NOT_LOGGED_IN)
        _check_sendable(options.get("body"))
        headers = dict(options.pop("headers", {})) | ({"Idempotency-Key": key} if key else {})
        send = Send(method, path, headers=headers, **({"timeout": self.timeout} | options))
        answer = yield from self._exchange(send, again=method in {"GET", "PUT"} or key is not None)
        return answer

    def _exchange(self, send: Send, *, again: bool) -> Steps[httpx.Response]:
        fresh = False
        for attempt in count(1):
            token = self.credential.token
            try:
                bearer = {} if token is None else {"Authorization": f"Bearer {token}"}
                answer: httpx.Response = yield replace(send, headers={**send.headers, **bearer})
                self._note(answer)
                if not answer.is_error:
                    return answer
                problem: ModelbourseError = refusal(answer)
            except httpx.TransportError as error:
                problem = NotConnectedError(self.url, str(error))
                problem.__cause__ = error
            # A token may end more than once while one waits for a gateway to be back, or before a slow machine has used it; one that was
            # given just now is not renewed.
            try:
                is_final = attempt >= self.retries.attempts or not self.credential.may_have_ended()
                in_vain = fresh and token == self.credential.granted and is_final
                fresh = isinstance(problem, AuthenticationError) and not in_vain and (yield from self.credential.renew(self, refused=token))
            except UnavailableError as away:
                fresh, problem = False, away  # It is renewed when the store is there again.
            if fresh:
                continue
            pause = self.retries.pause(attempt, problem) if again else None
            if pause is None:
                raise problem
            yield Pause(pause)
        raise AssertionError

    def kept(self) -> Kept:
        """Return the login that is in use. Raise NotLoggedInError without one."""
        if self.credential.token is None:
            raise NotLoggedInError(NOT_LOGGED_IN)
        return Kept(self.url, self.credential.token, self.credential.refresh_token)

    def pace(self, pause: float) -> float:
        """Return how long to wait before asking the same thing again, so that the hour's requests last the hour."""
        if self.left is None or self.left.remaining >= min(PLENTY, self.left.limit / 2):
            return pause
        ahead = max(0.0, self.left.fresh_at - time.monotonic())
        return max(pause, ahead / (self.left.remaining + 1))

    def _note(self, answer: httpx.Response) -> None:
        remaining, limit, reset = (answer.headers.get(f"x-ratelimit-{name}") for name in ("remaining", "limit", "reset"))
        if remaining and limit and reset:
            self.left = Left(int(remaining), int(limit), time.monotonic() + max(0.0, float(reset) - time.time()))


def new_key() -> str:
    """Return an Idempotency-Key of its own."""
    return secrets.token_urlsafe(18)


def open_gateway(url: str | None, token: str | None, *, timeout: float, retries: Retries) -> Gateway:
    """Return the gateway that is told, else that of the environment, else that of the login that is kept.

    Raise NotConnectedError for an address that is none, NotLoggedInError for a token that cannot be one.
    """
    where, chosen, kept = choose(url, token)
    if not where.startswith(("http://", "https://")):
        raise NotConnectedError(where, "its address begins with http:// or https://")
    try:
        httpx.URL(where)
    except httpx.InvalidURL as error:
        raise NotConnectedError(where, str(error)) from error
    if chosen is not None and not TOKEN.fullmatch(chosen):
        msg = "the token has signs that no token has: see MODELBOURSE_TOKEN, or log in with `modelbourse login`"
        raise NotLoggedInError(msg)
    credential = Credential(chosen, kept.refresh_token, session_file()) if kept else Credential(chosen)
    return Gateway(where, credential, retries, timeout)


def log_in(gateway: Gateway, username: str, password: str) -> Steps[None]:
    """Log in by password; raise RefusedError, NotConnectedError or UnreadableAnswerError."""
    device = gateway.credential.device
    headers = {"Cookie": f"{DEVICE_COOKIE}={device}"} if device else {}
    grant = yield from get_grant(gateway, {"grant_type": "password", "username": username, "password": password}, headers=headers)
    gateway.credential.take(gateway.url, grant)


def get_grant(gateway: Gateway, form: Mapping[str, str], *, headers: Mapping[str, str] | None = None) -> Steps[dict[str, Any]]:
    """Get tokens by a password or a refresh token, what the device is known by, and when the access token ends.

    Raise RefusedError, NotConnectedError or UnreadableAnswerError.
    """
    asked_at = time.monotonic()
    try:
        answer: httpx.Response = yield Send(*TOKENS, form=form, headers=headers or {}, timeout=gateway.timeout)
    except httpx.TransportError as error:
        raise NotConnectedError(gateway.url, str(error)) from error
    if answer.is_error:
        raise refusal(answer)
    try:
        grant = answer.json()
    except ValueError:
        grant = None
    if not isinstance(grant, dict) or "access_token" not in grant:
        raise UnreadableAnswerError(*TOKENS, "it gives no tokens")
    return grant | {"device": answer.cookies.get(DEVICE_COOKIE), "ends_at": asked_at + (grant.get("expires_in") or math.inf)}


def _check_sendable(body: Any) -> None:
    try:
        json.dumps(body, allow_nan=False)
    except ValueError as error:
        message = "numbers that are sent must be finite: JSON has no NaN and no infinity"
        raise UnsendableError(message) from error
