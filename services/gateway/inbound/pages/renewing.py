"""A session's access token renewed when it ends: once, however many requests of one browser meet that moment, at whichever gateway."""

import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol

from starlette.requests import Request

from libs.chassis.single_flight import SingleFlight
from services.gateway.inbound.pages.api import Answer, Api
from services.gateway.inbound.pages.session import Seals, Session


class Once(Protocol):
    """Does something once for all gateways."""

    async def __call__(self, key: str, work: Callable[[], Awaitable[str]]) -> str:
        """Return what `work` returned to whoever came first with this key, also to those who come within a minute."""


@dataclass(frozen=True, slots=True)
class Renewing:
    """A refresh token is good once, and a second use ends its session: so those who come together share what the first one got."""

    once: Once
    seals: Seals
    flights: SingleFlight[Session]

    async def __call__(self, session: Session, request: Request) -> Session:
        """Return the session with fresh tokens, or a stranger's with the same forms where it has ended."""

        async def renew() -> str:
            answer = await Api(request, Session())("POST", "/auth/token", form=_grant(session.refresh_token))
            return self.seals.seal(signed_in(session, answer) if answer.problem is None else Session(secret=session.secret))

        async def shared() -> Session:
            key = hashlib.sha256(session.refresh_token.encode()).hexdigest()
            return self.seals.open(await self.once(key, renew)) or Session(secret=session.secret)

        return await self.flights(session.refresh_token, shared)


def _grant(refresh_token: str) -> dict[str, str]:
    return {"grant_type": "refresh_token", "refresh_token": refresh_token}


def signed_in(session: Session, answer: Answer) -> Session:
    """Return a session with the tokens that the API gave."""
    tokens = answer.body
    ends = time.time() + tokens["expires_in"]
    return replace(session, access_token=tokens["access_token"], refresh_token=tokens["refresh_token"], ends=ends)
