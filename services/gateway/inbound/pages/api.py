"""The public API as pages call it: in this process, through the gate, with the reader's own credential and address."""

from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import orjson
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.inbound.http.exchange import COUNTED_AS, exchange_of
from services.gateway.inbound.pages.face import READS
from services.gateway.inbound.pages.session import Session

ERROR_FROM: Final = 400
UNAUTHENTICATED: Final = 401


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the API has refused: its sentence, and what is wrong with which field."""

    status: int
    message: str
    fields: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API answered: the JSON it said, or its problem."""

    status: int
    body: Any
    problem: Problem | None = None
    cookies: tuple[str, ...] = ()


class Api:
    """Calls the gateway's own app for one reader."""

    def __init__(self, request: Request, session: Session) -> None:
        self._app: ASGIApp = request.app
        exchange = exchange_of(request.scope)
        self._address = exchange.address
        self._headers = {"x-correlation-id": exchange.correlation_id}
        if session.access_token:
            self._headers["authorization"] = f"Bearer {session.access_token}"
        # By the device's cookie its owner gets in while others guess: it goes where one logs in, and nowhere else.
        self._cookie = request.headers.get("cookie", "")

    async def __call__(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        file: AsyncIterable[bytes] | None = None,
        key: str = "",
        looks: bool = False,
    ) -> Answer:
        """Return the answer to one request; `key` is its Idempotency-Key, `file` its body, which is read as it comes.

        What `looks` and changes nothing is counted by the pages' limits, as every GET is.
        """
        headers = self._headers | ({"idempotency-key": key} if key else {}) | ({"cookie": self._cookie} if form else {})
        headers |= {"content-type": "application/octet-stream"} if file else {}
        transport = httpx.ASGITransport(self._counted if looks or method == "GET" else self._app, client=(self._address, 0))
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway", trust_env=False) as client:
            answer = await client.request(method, path, params=query, json=json, data=form, content=file, headers=headers)
        is_json = answer.headers.get("content-type", "").startswith("application/json") and bool(answer.content)
        body = orjson.loads(answer.content) if is_json else None
        problem = problem_of(answer.status_code, body) if answer.status_code >= ERROR_FROM else None
        return Answer(answer.status_code, unwrapped(body), problem, tuple(answer.headers.get_list("set-cookie")))

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have what a page reads counted by the pages' limits."""
        await self._app({**scope, COUNTED_AS: READS}, receive, send)


def unwrapped(body: Any) -> Any:
    """Return what Model Builder's envelope holds; any other answer as it is."""
    match body:
        case {"success": True, "data": data, "message": _, "correlation_id": _}:
            return data
        case _:
            return body


def problem_of(status: int, body: Any) -> Problem:
    """Return what an error of any face says: the faces have four ways to say one."""
    match body:
        case {"error": {"message": str(message), **rest}}:
            return Problem(status, message, _fields(rest.get("details")))
        case {"detail": {"error": str(_), "message": str(message), **rest}}:
            return Problem(status, message, _fields(rest.get("details")))
        case {"detail": [*problems]}:
            fields: dict[str, list[str]] = {}
            for each in problems:
                if isinstance(each, dict):
                    named = ".".join(str(part) for part in each.get("loc", ()) if part != "body")
                    fields.setdefault(named, []).append(str(each.get("msg", "")))
            return Problem(status, "This cannot be used as it stands.", fields)
        case {"detail": str(message)} | {"error_description": str(message)} | {"message": str(message)}:
            return Problem(status, message)
        case _:
            return Problem(status, f"The platform has answered {status}.")


def _fields(details: Any) -> dict[str, list[str]]:
    if not isinstance(details, dict):
        return {}
    # Model Builder says the first field apart, and all of them below.
    if isinstance(details.get("fields"), dict):
        details = details["fields"]
    return {str(name): [str(each) for each in (said if isinstance(said, list) else [said])] for name, said in details.items()}
