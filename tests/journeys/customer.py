"""A user of the public API who does not give up: tries again while the platform recovers, with an Idempotency-Key."""

import asyncio
import secrets
import time
from typing import Any

import httpx

FEATURES = ["rsi_14", "macd_signal", "bollinger_position", "volume_ma_ratio", "price_ma_50_ratio"]
ENDED = {"COMPLETED", "FAILED", "CANCELLED"}
PASSING = {429, 500, 502, 503, 504}


def small_model(name: str, *, algorithm: str = "RANDOM_FOREST", trees: int = 20) -> dict[str, Any]:
    """A model that trains in seconds."""
    hyperparameters = {"random_state": 42}
    if algorithm != "LOGISTIC_REGRESSION":
        hyperparameters |= {"n_estimators": trees, "max_depth": 4}
    return {
        "name": name,
        "model_type": "CLASSIFICATION",
        "algorithm": algorithm,
        "target_variable": "signal_type",
        "features": FEATURES,
        "hyperparameters": hyperparameters,
        "training_config": {
            "symbols": ["AAPL", "MSFT"],
            "start_date": "2008-01-01",
            "end_date": "2012-12-31",
            "cross_validation_folds": 3,
        },
    }


class Customer:
    """One account and its connection to the gateway."""

    def __init__(self, gateway: str) -> None:
        self.username = f"user-{secrets.token_hex(5)}"
        self.password = secrets.token_urlsafe(16)
        self.account_id = ""
        self.http = httpx.AsyncClient(base_url=gateway, timeout=60)

    async def sign_up(self) -> "Customer":
        """Register and log in."""
        account = {"username": self.username, "email": f"{self.username}@example.com", "password": self.password}
        answer = await self.persist("POST", "/auth/register", body=account, accept={201, 409})
        self.account_id = answer.json().get("id", "")
        await self.log_in()
        return self

    async def again(self) -> "Customer":
        """Return the same account with a connection of its own, logged in."""
        same = Customer(str(self.http.base_url).rstrip("/"))
        same.username, same.password, same.account_id = self.username, self.password, self.account_id
        await same.log_in()
        return same

    async def log_in(self) -> None:
        """Get a fresh access token."""
        form = {"grant_type": "password", "username": self.username, "password": self.password}
        answer = await self._until_answered(lambda: self.http.post("/auth/token", data=form), accept={200})
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    async def call(self, method: str, path: str, *, body: Any = None, headers: dict[str, str] | None = None) -> httpx.Response:
        """Make one request, once."""
        return await self.http.request(method, path, json=body, headers=headers)

    def begin(self, method: str, path: str, *, body: Any) -> "asyncio.Task[httpx.Response | BaseException]":
        """Make one request, once, beside whatever comes next; however it ends is its result."""

        async def once() -> httpx.Response | BaseException:
            (ended,) = await asyncio.gather(self.call(method, path, body=body), return_exceptions=True)
            return ended

        return asyncio.create_task(once())

    async def persist(self, method: str, path: str, *, body: Any = None, accept: set[int]) -> httpx.Response:
        """Repeat a request under one Idempotency-Key until it is answered with a status that is accepted."""
        headers = {"Idempotency-Key": secrets.token_urlsafe(16)}
        return await self._until_answered(lambda: self.call(method, path, body=body, headers=headers), accept=accept)

    async def persist_file(self, path: str, text: str, *, fields: dict[str, str]) -> httpx.Response:
        """Send a file in a form until it is accepted, under one Idempotency-Key."""
        headers, files = {"Idempotency-Key": secrets.token_urlsafe(16)}, {"file": ("candles.csv", text.encode(), "text/csv")}
        return await self._until_answered(lambda: self.http.post(path, data=fields, files=files, headers=headers), accept={202})

    async def make_model(self, model: dict[str, Any]) -> str:
        """Create a model and return its id."""
        answer = await self.persist("POST", "/api/ai-studio/models/", body=model, accept={201})
        return str(answer.json()["id"])

    async def train(self, model_id: str, **body: Any) -> str:
        """Start a training and return the job's id."""
        answer = await self.persist("POST", f"/api/ai-studio/models/{model_id}/train/", body=body, accept={202})
        return str(answer.json()["job_id"])

    async def job(self, job_id: str) -> dict[str, Any]:
        """Return a job as it stands."""
        answer = await self.persist("GET", f"/api/ai-studio/training-jobs/{job_id}/", accept={200})
        job: dict[str, Any] = answer.json()
        return job

    async def ended(self, job_id: str, *, within: float = 300.0) -> dict[str, Any]:
        """Wait until a job has ended and return it."""
        deadline = time.monotonic() + within
        while (job := await self.job(job_id))["status"] not in ENDED:
            assert time.monotonic() < deadline, f"{job_id} did not end within {within:.0f} s: {job}"
            await asyncio.sleep(0.2)
        return job

    async def close(self) -> None:
        """Let go of the connection."""
        await self.http.aclose()

    async def _until_answered(self, send: Any, *, accept: set[int], within: float = 900.0) -> httpx.Response:
        deadline = time.monotonic() + within
        while True:
            try:
                answer: httpx.Response = await send()
            except httpx.TransportError as error:
                problem = repr(error)
            else:
                if answer.status_code in accept:
                    return answer
                problem = f"{answer.status_code} {answer.text[:500]}"
                assert answer.status_code in PASSING | {409}, problem
            assert time.monotonic() < deadline, problem
            await asyncio.sleep(0.2)
