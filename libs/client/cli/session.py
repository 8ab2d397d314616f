"""Which gateway the commands speak to, and as whom: from the environment, else from what `modelbourse login` kept."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

DEFAULT_URL: Final = "http://127.0.0.1:8000"


class CommandError(Exception):
    """What went wrong, in a sentence that says what to do next."""


@dataclass(frozen=True, slots=True)
class Session:
    """A gateway and a bearer credential (an access token or an API key)."""

    url: str
    token: str | None

    def call(self, method: str, path: str, *, body: object = None, params: dict[str, Any] | None = None) -> Any:
        """Return the answer's JSON (None when it has no body); raise CommandError with the server's own words."""
        if self.token is None:
            msg = "log in first: `modelbourse login`, or set MODELBOURSE_TOKEN to an API key"
            raise CommandError(msg)
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            answer = httpx.request(method, f"{self.url}{path}", json=body, params=params, headers=headers, timeout=30)
        except httpx.TransportError as error:
            msg = f"no gateway answers at {self.url} ({error}): start one with `make up`, or set MODELBOURSE_URL"
            raise CommandError(msg) from error
        if answer.is_error:
            raise CommandError(_message(answer))
        return answer.json() if answer.content else None


def open_session() -> Session:
    """Return the session of MODELBOURSE_URL and MODELBOURSE_TOKEN, else of the last login."""
    kept = _read()
    return Session(
        url=(os.environ.get("MODELBOURSE_URL") or kept.get("url") or DEFAULT_URL).rstrip("/"),
        token=os.environ.get("MODELBOURSE_TOKEN") or kept.get("token"),
    )


def log_in(url: str, *, username: str, password: str) -> None:
    """Get an access token and keep it, readable by its owner only; raise CommandError when refused."""
    form = {"grant_type": "password", "username": username, "password": password}
    try:
        answer = httpx.post(f"{url}/auth/token", data=form, timeout=30)
    except httpx.TransportError as error:
        msg = f"no gateway answers at {url} ({error})"
        raise CommandError(msg) from error
    if answer.is_error:
        raise CommandError(_message(answer))
    file = _file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(json.dumps({"url": url, "token": answer.json()["access_token"]}))


def _message(answer: httpx.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        return f"the gateway answered {answer.status_code}"
    error = body.get("error")
    if isinstance(error, dict):
        return f"{error.get('message')} ({error.get('code')})"
    return str(body.get("error_description") or error or answer.status_code)


def _file() -> Path:
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return home / "modelbourse" / "session.json"


def _read() -> dict[str, str]:
    try:
        kept: dict[str, str] = json.loads(_file().read_text())
    except FileNotFoundError:
        return {}
    return kept
