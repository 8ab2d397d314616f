"""Requests that nobody thought of: made by schemathesis from the OpenAPI document, good ones and bad ones, over real connections.

None may be an error of ours, and each answer must be one that the document has.
"""

import asyncio
from collections.abc import AsyncIterator
from collections.abc import Set as AbstractSet
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
from services.gateway.domain.accounts.account import Role
from tests.faces.bad_input_webhooks import URL
from tests.faces.things import ADMINS_ALONE, a_webhook_that_was_tried
from tests.gateway.document import Document
from tests.gateway.studio.selling import a_reviewer, listed, submitted
from tests.gateway.studio.subscribers import subscribed
from tests.gateway.studio.world import STUDIO, User, World
from tests.waiting import until

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]
# Requests to each operation: what is searched for is a crash, and those are found by the first few odd values.
FEW: Final = 8
MANY: Final = 25
EVERYTHING: Final = frozenset({"model_id", "job_id", "webhook_id", "delivery_id", "listing_id", "subscription_id"})
# Whoever is told nothing else has not come to what the operation does.
TURNED_AWAY: Final = frozenset({401, 403, 404, 405})


@pytest_asyncio.fixture(scope="module", loop_scope="session")
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


@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=pytest.mark.soak)])
async def test_no_request_is_an_error_of_ours_and_no_answer_undocumented(
    studio: World, address: str, document: Document, examples: int
) -> None:
    schema = schemathesis.openapi.from_dict(document.whole).include(path_regex=f"^{STUDIO}/")
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 45

    wrong: dict[str, str] = {}
    got_nowhere = set()
    reader = await studio.user()
    everything = await things_of(studio, reader, EVERYTHING)
    for operation in operations:
        if operation.method.upper() == "GET":
            user, ids = reader, everything
        else:
            user = await studio.user(role=Role.ADMIN if operation.path in ADMINS_ALONE else Role.USER)
            ids = await things_of(studio, user, {parameter.name for parameter in operation.path_parameters})
        requests = Requests(operation, address=address, user=user, ids=ids, document=document)
        problem = await asyncio.to_thread(requests.first_problem, examples)
        if problem is None and requests.told <= TURNED_AWAY:  # So few may all have been turned away by chance.
            problem = await asyncio.to_thread(requests.first_problem, MANY)
        if problem is not None:
            wrong[operation.label] = problem
        if requests.told <= TURNED_AWAY:
            got_nowhere.add(operation.label)

    assert wrong == {}
    assert got_nowhere == set()


async def things_of(studio: World, user: User, names: AbstractSet[str]) -> dict[str, list[str]]:
    """Make what a path names by these words; return the ids by word."""
    ids: dict[str, list[str]] = {}
    if names & {"model_id", "job_id"}:
        ids["model_id"] = [await studio.trained(user), await user.make_model()]
        ids["job_id"] = [job["id"] for job in (await user.get("/training-jobs/"))["results"]]
    if names & {"webhook_id", "delivery_id"}:
        webhook, delivery = await a_webhook_that_was_tried(user)
        ids |= {"webhook_id": [webhook], "delivery_id": [delivery]}
    if names & {"listing_id", "subscription_id"}:
        _, own = await submitted(studio, user)
        _, others = await listed(studio, await studio.user(), await a_reviewer(studio))
        ids["listing_id"] = [own, others]
        if "subscription_id" in names:
            ids["subscription_id"] = [(await subscribed(user, others))["subscription_id"]]
    return ids


class Requests:
    """All requests to one operation by one user, who has things that the paths may name."""

    def __init__(self, operation: Any, *, address: str, user: User, ids: dict[str, list[str]], document: Document) -> None:
        self._operation, self._address, self._ids, self._document = operation, address, ids, document
        self._authorization = user.http.headers["Authorization"]
        self.told: set[int] = set()

    def first_problem(self, examples: int) -> str | None:
        """Send so many good and bad requests; say what was wrong with the first answer that was not good."""
        good, bad = (
            self._operation.as_strategy(mode) for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
        )
        names = [parameter.name for parameter in self._operation.path_parameters]
        real = some.fixed_dictionaries({name: some.sampled_from(self._ids[name]) for name in names if name in self._ids})

        @hypothesis.settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(hypothesis.HealthCheck),
            phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        )
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
