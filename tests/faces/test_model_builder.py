"""Model Builder as documented: its routes, its commands, and what each permission of a key is good for."""

from collections.abc import AsyncIterator, Mapping
from typing import Final

import httpx
import pytest
import pytest_asyncio

from tests.faces.documented_curls import CURLS, KEYS, Curl
from tests.faces.endpoints_builder import BUILDER, DOCUMENTED, ENDPOINTS
from tests.gateway.document import Document
from tests.gateway.studio.test_text_exports import complete as complete_export
from tests.gateway.studio.text_runs import begun, complete, send_news
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
RUN, MODEL, VERSION = "outputs/training_run_123", "crypto-sentiment-model", "/api/v1/registry/models/crypto-sentiment-model/versions/1"
# Where the answer has an id that later commands name.
TELLS: Final = {"POST /api/v1/training/start": "job_id", "POST /api/v1/export": "export_id"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def owner(studio: World) -> User:
    """Somebody who has sent the document's data."""
    user = await studio.user()
    await send_news(user, "data/news_dataset.json")
    return user


@pytest_asyncio.fixture(loop_scope="session")
async def heard(owner: User) -> AsyncIterator[list[httpx.Response]]:
    """Every answer that the owner gets."""
    answers: list[httpx.Response] = []

    async def hear(answer: httpx.Response) -> None:
        await answer.aread()
        answers.append(answer)

    owner.http.event_hooks["response"].append(hear)
    yield answers
    owner.http.event_hooks["response"].remove(hear)


async def run(curl: Curl, user: User) -> httpx.Response:
    """Send what a command sends, with the user's credential where it has one."""
    headers = {} if curl.key else {"authorization": ""}
    request = user.http.build_request(curl.method, curl.path, json=curl.body, headers=headers)
    if not curl.key:
        del request.headers["authorization"]
    return await user.http.send(request)


async def test_its_routes_are_those_of_its_document(document: Document) -> None:
    documented = {(each.method, each.path) for each in document.operations() if each.path.startswith(f"{BUILDER}/")}

    assert documented == ENDPOINTS


async def test_its_document_has_17_endpoints_and_a_command_for_each() -> None:
    shown = {(curl.method, curl.path.partition("?")[0]) for curl in CURLS}

    assert sum(map(len, DOCUMENTED.values())) == 17
    assert len(CURLS) == 22
    assert len(shown) == 17


async def test_each_command_of_the_document_works_as_it_stands(studio: World, owner: User, document: Document) -> None:
    """The keys are the owner's; what the document calls `training-job-123` is what a platform has answered, and unknown before."""
    names, done = dict.fromkeys(KEYS, "-"), list[tuple[str, int, httpx.Response]]()
    made = (await owner.http.post(f"{BUILDER}/auth/generate-key", json={"name": "a", "permissions": ["train"]})).json()
    for number, curl in enumerate(CURLS):
        if curl.names_what_is_invented:
            invented = await run(curl, owner)
            assert (invented.status_code, invented.json()["success"]) == (404, False), curl.text
            assert document.misfits(invented) == []
        answer = await run(curl.replaced(names | {"key-id-123": made["data"]["id"]}), owner)
        done.append((curl.name, answer.status_code, answer))
        if curl.name in TELLS and answer.is_success:
            job_id = answer.json()["data"][TELLS[curl.name]]
            await _ended(studio, owner, curl, job_id=job_id, last=number > 16)
            # The model that is registered is the first one's.
            names = {"mlflow-run-456": job_id} | names | {f"{curl.name.split('/')[3]}-job-123": job_id}

    assert [wrong for _, _, answer in done for wrong in document.misfits(answer)] == []
    told = {name: [status for other, status, _ in done if other == name] for name, _, _ in done}
    assert told == WORKS
    for _, _, answer in done:
        said = answer.json()
        assert (said["success"], said["correlation_id"]) == (answer.is_success, answer.headers["x-correlation-id"])


WORKS: Final[Mapping[str, list[int]]] = {
    "GET /api/v1/health": [200, 200],
    # Without a credential, where there are accounts.
    "POST /api/v1/auth/generate-key": [401],
    "GET /api/v1/auth/keys": [200],
    "DELETE /api/v1/auth/keys/key-id-123": [200],
    "GET /api/v1/status": [200],
    "POST /api/v1/training/start": [201, 201],
    "GET /api/v1/training/training-job-123": [200, 200],
    "GET /api/v1/training/training-job-123/logs": [200],
    # It has ended, as all that comes after needs what it made.
    "DELETE /api/v1/training/training-job-123": [409],
    "POST /api/v1/export": [201, 201],
    "GET /api/v1/export/export-job-123": [200],
    # The same run under the same name is registered once.
    "POST /api/v1/registry/register": [201, 409],
    "GET /api/v1/registry/models": [200],
    f"PUT {VERSION}/stage": [200],
    # What is in production is not deleted.
    f"DELETE {VERSION}": [409],
    "POST /api/v1/data/validate": [200],
    "POST /api/v1/data/report": [200],
}


async def _ended(studio: World, owner: User, curl: Curl, *, job_id: str, last: bool) -> None:
    """Have a job end well; the last ones may wait."""
    if last:
        return
    if "/export" in curl.name:
        await complete_export(studio, job_id)
    else:
        await complete(studio, owner, job_id)


async def test_each_permission_is_good_for_its_own_work(studio: World, document: Document, owner: User) -> None:
    run_id = (await begun(owner, data_path="data/news_dataset.json"))["job_id"]
    keys = {}
    for permission in ("train", "export", "register"):
        made = await owner.http.post(f"{BUILDER}/auth/generate-key", json={"name": permission, "permissions": [permission]})
        keys[permission] = {"authorization": f"Bearer {made.json()['data']['api_key']}"}
    posts = {
        "train": ("/training/start", {"data_path": "data/nothing.json"}),
        "export": ("/export", {"model_path": "outputs/nothing", "format": "onnx"}),
        "register": ("/registry/register", {"model_path": "outputs/nothing", "run_id": "nothing", "name": "nothing"}),
    }

    async with studio.client() as client:
        told = {
            (permission, work): await client.post(f"{BUILDER}{path}", json=body, headers=keys[permission])
            for permission in keys
            for work, (path, body) in posts.items()
        }
        read = [await client.get(f"{BUILDER}/training/{run_id}", headers=headers) for headers in keys.values()]

    assert [answer.status_code for answer in read] == [200, 200, 200]
    for (permission, work), answer in told.items():
        assert document.misfits(answer) == []
        if permission == work:
            assert answer.status_code in {404, 422}, (permission, work, answer.text)
        else:
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "AUTHORIZATION_ERROR")
            assert f"'{work}'" in answer.json()["error"]["message"]
