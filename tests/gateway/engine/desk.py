"""What stories of AI Engine's models do: create, train, look."""

from dataclasses import dataclass
from typing import Any, Final

import httpx

from tests.gateway.studio.world import User, World

MODELS: Final = "/v1/ai/models"
DATASET: Final = "packaged_AAPL_1d"


def new_model(**changes: Any) -> dict[str, Any]:
    """Return a good request for a new model; `changes` replace parts of it."""
    return {
        "name": "Forest",
        "type": "random_forest",
        "parameters": {"n_estimators": 20},
        "features": ["price_close", "volume", "rsi_14"],
        "target": "signal_type",
    } | changes


@dataclass
class Engineer:
    """Somebody who uses AI Engine."""

    world: World
    user: User

    async def call(self, method: str, path: str = "", body: Any = None, *, key: str | None = None, **query: Any) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else None
        return await self.user.http.request(method, f"{MODELS}{path}", json=body, headers=headers, params=query)

    async def get(self, path: str = "", **query: Any) -> Any:
        answer = await self.call("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def made(self, **changes: Any) -> str:
        answer = await self.call("POST", body=new_model(**changes))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def queued(self, model_id: str, **body: Any) -> str:
        answer = await self.call("POST", f"/{model_id}/train", {"dataset_id": DATASET} | body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job_id"])

    async def trained(self, model_id: str, **body: Any) -> str:
        job_id = await self.queued(model_id, **body)
        await self.world.training.complete(job_id)
        await self.user.job_is(job_id, "COMPLETED")
        return job_id

    async def refused(self, method: str, path: str = "", body: Any = None, *, status: int = 422) -> dict[str, list[str]]:
        answer = await self.call(method, path, body)
        assert answer.status_code == status, answer.text
        return dict(answer.json()["error"]["details"])
