"""What stories of the registry do: models with versions, registered, promoted, and what became of them."""

from typing import Any

import httpx

from tests.gateway.studio.doubles import measured
from tests.gateway.studio.world import User, World

REGISTRY = "/v1/ai/registry"


async def ask(user: User, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
    return await user.http.request(method, f"{REGISTRY}{path}", json=body, headers=headers)


async def told(user: User, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer = await ask(user, method, path, body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def trained(studio: World, user: User, *, accuracy: float = 0.5, model_id: str | None = None, sharpe: float = 0.3) -> str:
    """Return a model with one more version, which has these metrics."""
    model_id = model_id or await user.make_model()
    job_id = await user.train(model_id)
    result = measured(accuracy=accuracy)
    more = {"metrics": result.metrics | {"sharpe_ratio": sharpe}, "run_card": result.run_card | {"config_hash": "c" * 64}}
    await studio.training.complete(job_id, result=result.model_copy(update=more))
    await user.job_is(job_id, "COMPLETED")
    return model_id


async def registered(user: User, name: str, model_id: str, **more: Any) -> Any:
    return await told(user, "POST", f"/{name}/versions", {"model_id": model_id, **more}, status=201)


async def promote(user: User, name: str, version: int, status: str = "production") -> httpx.Response:
    return await ask(user, "PATCH", f"/{name}/versions/{version}", {"status": status})


async def statuses(user: User, name: str) -> list[str]:
    return [each["status"] for each in reversed((await told(user, "GET", f"/{name}/versions"))["versions"])]


async def stages(user: User, model_id: str) -> list[str]:
    return [each["stage"] for each in (await user.get(f"/models/{model_id}/"))["versions"]]
