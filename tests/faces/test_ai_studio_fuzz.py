"""Requests that nobody thought of: made by schemathesis from the OpenAPI document, good ones and bad ones, over real connections.

None may be an error of ours, and each answer must be one that the document has.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx
import hypothesis
import pytest
import pytest_asyncio
import schemathesis
import uvicorn
from hypothesis import strategies as some

from deploy.local.ports import free_ports
from services.gateway.domain.account import Role
from tests.faces.bad_input_webhooks import URL
from tests.faces.things import ADMINS_ALONE, a_webhook_that_was_tried
from tests.gateway.document import Document
from tests.gateway.studio.selling import a_reviewer, listed, submitted
from tests.gateway.studio.subscribers import subscribed
from tests.gateway.studio.world import STUDIO, User, World
from tests.waiting import until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(900)]
# Of each kind, for each operation: what is searched for is a crash, and those are found by the first few odd values.
EXAMPLES: Final = 25
# Whoever is told nothing else has not come to what the operation does.
TURNED_AWAY: Final = frozenset({401, 403, 404, 405})
SETTINGS: Final = hypothesis.settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(hypothesis.HealthCheck),
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def address(studio: World) -> AsyncIterator[str]:
    """The gateway on a port of its own."""
    async with serving(studio) as url:
        yield url


@asynccontextmanager
async def serving(studio: World) -> AsyncIterator[str]:
    (port,) = free_ports(1)
    server = uvicorn.Server(uvicorn.Config(studio.gateway.app, host="127.0.0.1", port=port, log_config=None, lifespan="off"))
    running = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await until(started, what="the gateway on a port")
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await running


async def test_no_request_is_an_error_of_ours_and_no_answer_undocumented(studio: World, address: str, document: Document) -> None:
    schema = schemathesis.openapi.from_dict(document.whole).include(path_regex=f"^{STUDIO}/")
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 45

    wrong: dict[str, str] = {}
    got_nowhere = set()
    for operation in operations:
        user = await studio.user(role=Role.ADMIN if operation.path in ADMINS_ALONE else Role.USER)
        requests = Requests(operation, address=address, user=user, ids=await things_of(studio, user), document=document)
        if problem := await asyncio.to_thread(requests.first_problem):
            wrong[operation.label] = problem
        if requests.told <= TURNED_AWAY:
            got_nowhere.add(operation.label)

    assert wrong == {}
    assert got_nowhere == set()


async def things_of(studio: World, user: User) -> dict[str, list[str]]:
    """Make one of everything that a path may name; return the ids by the path's words."""
    draft, trained = await user.make_model(), await studio.trained(user)
    jobs = [job["id"] for job in (await user.get("/training-jobs/"))["results"]]
    webhook, delivery = await a_webhook_that_was_tried(user)
    _, listing = await submitted(studio, user)
    _, others = await listed(studio, await studio.user(), await a_reviewer(studio))
    subscription = (await subscribed(user, others))["subscription_id"]
    return {
        "model_id": [trained, draft],
        "job_id": jobs,
        "webhook_id": [webhook],
        "delivery_id": [delivery],
        "listing_id": [listing, others],
        "subscription_id": [subscription],
    }


class Requests:
    """All requests to one operation by one user, who has things that the paths may name."""

    def __init__(self, operation: Any, *, address: str, user: User, ids: dict[str, list[str]], document: Document) -> None:
        self._operation, self._address, self._ids, self._document = operation, address, ids, document
        self._authorization = user.http.headers["Authorization"]
        self.told: set[int] = set()

    def first_problem(self) -> str | None:
        """Send good and bad requests; say what was wrong with the first answer that was not good."""
        good, bad = (
            self._operation.as_strategy(mode) for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
        )
        names = [parameter.name for parameter in self._operation.path_parameters]
        real = some.fixed_dictionaries({name: some.sampled_from(self._ids[name]) for name in names if name in self._ids})

        @SETTINGS
        @hypothesis.given(case=some.one_of(good, bad), real=some.one_of(real, real, some.just({})))
        def each(case: Any, real: dict[str, str]) -> None:
            case.path_parameters = {**(case.path_parameters or {}), **real}
            self._check(case)

        try:
            each()
        except hypothesis.errors.Unsatisfiable:
            return None  # There is no bad request to an operation that takes nothing.
        except AssertionError as error:
            return str(error)[:1500]
        return None

    def _check(self, case: Any) -> None:
        if isinstance(case.body, dict) and isinstance(case.body.get("url"), str) and "//" in case.body["url"]:
            case.body["url"] = URL  # Whatever name was made up, nobody is asked for its address.
        answer = case.call(base_url=self._address, headers={"Authorization": self._authorization}, timeout=60)
        told = httpx.Response(
            answer.status_code,
            headers={"content-type": ",".join(answer.headers.get("content-type", []))},
            content=answer.content,
            request=httpx.Request(case.method, f"{self._address}{case.formatted_path}"),
        )
        self.told.add(answer.status_code)
        assert answer.status_code < 500, f"{answer.status_code} to {case.as_curl_command()}: {answer.content[:300]!r}"
        if told.status_code not in {404, 405, 431}:  # Where a made-up id changes the path, nothing may be there.
            assert self._document.misfits(told) == [], case.as_curl_command()
