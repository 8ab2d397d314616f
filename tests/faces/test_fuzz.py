"""Requests that nobody thought of: made by schemathesis from the OpenAPI document, good ones and bad ones, over real connections.

None may be an error of ours, and each answer must be one that the document has.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx
import hypothesis
import pytest
import pytest_asyncio
import uvicorn
from hypothesis import strategies as some

from deploy.local.ports import free_ports
from services.gateway.domain.accounts.account import Role
from tests.faces.analysts import analysing
from tests.faces.backtests import accepted
from tests.faces.bad_input_webhooks import URL
from tests.faces.endpoints_builder import BUILDER
from tests.faces.endpoints_engine import ENGINE
from tests.faces.endpoints_ml import ML
from tests.faces.made import FILE, REGISTERED, Things, names_of
from tests.faces.tasks import started
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
# Whoever is told nothing else has not come to what the operation does.
TURNED_AWAY: Final = frozenset({401, 403, 404, 405})


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address(studio: World, mongo_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The gateway on a port of its own, with analysts."""
    async with analysing(studio, mongo_url, redis_url, tmp_path_factory.mktemp("analysts"), with_llm=True), serving(studio) as url:
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


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """A face to be fuzzed: which paths, at least how many operations, and what is made for a user so that paths name something.

    `reads` are things that a reader of all lists has, where the face allows one to ask so much. `nowhere` are operations whose things
    need work by other services, `unwell` those that are documented to answer 5xx where something is away. `sample` are those that the few
    requests go to, where that is not all.
    """

    paths: str
    operations: int
    things: Callable[[World, User, Sequence[str]], Awaitable[dict[str, list[str]]]]
    few: int = FEW
    admins: Sequence[str] = ()
    one_reader: bool = False
    nowhere: AbstractSet[str] = frozenset()
    unwell: AbstractSet[str] = frozenset()
    sample: AbstractSet[str] = frozenset()


@pytest.mark.parametrize("examples", [None, pytest.param(MANY, marks=pytest.mark.soak)], ids=["few", "many"])
@pytest.mark.parametrize("name", ["AI Studio", "Trading AI", "AI Engine", "Model Builder", "ML Development"])
async def test_no_request_is_an_error_of_ours_and_no_answer_undocumented(
    studio: World, address: str, document: Document, name: str, examples: int | None
) -> None:
    import schemathesis  # noqa: PLC0415 - each worker collects this file, one runs it

    face = FACES[name]
    schema = schemathesis.openapi.from_dict(document.whole).include(path_regex=face.paths)
    found: Iterable[Any] = schema.get_all_operations()
    operations = [each.ok() for each in found]
    assert len(operations) >= face.operations
    if examples is None:
        operations = [each for each in operations if not face.sample or each.label in face.sample]
        assert len(operations) >= len(face.sample)
    examples = examples or face.few

    wrong: dict[str, str] = {}
    got_nowhere = set()
    reader = await studio.user()
    everything = await face.things(studio, reader, [each.path for each in operations]) if face.one_reader else {}
    for operation in operations:
        if face.one_reader and operation.method.upper() == "GET":
            user, ids = reader, everything
        else:
            user = await studio.user(role=Role.ADMIN if operation.path in face.admins else Role.USER)
            ids = await face.things(studio, user, [operation.path])
        server_errors = operation.path in face.unwell
        requests = Requests(operation, address=address, user=user, ids=ids, document=document, server_errors=server_errors)
        problem = await asyncio.to_thread(requests.first_problem, examples)
        nowhere = operation.path in face.nowhere
        if problem is None and requests.told <= TURNED_AWAY and not nowhere:  # So few may all have been turned away by chance.
            problem = await asyncio.to_thread(requests.first_problem, MANY)
        if problem is not None:
            wrong[operation.label] = problem
        if requests.told <= TURNED_AWAY and not nowhere:
            got_nowhere.add(operation.label)

    assert wrong == {}
    assert got_nowhere == set()


async def trading_things(_: World, user: User, paths: Sequence[str]) -> dict[str, list[str]]:
    """Make tasks that a path may name; return the ids by word."""
    names = names_of(paths)
    ids: dict[str, list[str]] = {}
    if names & {"task_id", "job_id"}:
        training = await started(user)
        ids |= {"task_id": [training["task_id"]], "job_id": [training["job_id"]]}
    if "backtest_id" in names:
        ids["backtest_id"] = [(await accepted(user))["backtest_id"]]
    return ids


async def made_for(studio: World, user: User, paths: Sequence[str]) -> dict[str, list[str]]:
    """Make what a path names; return it by word."""
    (path,) = paths
    return {word: [value] for word, value in (await Things(studio, user).of(path)).items()}


async def things_of(studio: World, user: User, paths: Sequence[str]) -> dict[str, list[str]]:
    """Make what paths name; return the ids by word."""
    names = names_of(paths)
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
    if "payment_id" in names:
        bought = await user.call("POST", "/compute/purchase-credits/", {"hours": 1, "payment_method": "credit_card"})
        ids["payment_id"] = [bought.json()["transaction_id"]]
    return ids


class Requests:
    """All requests to one operation by one user, who has things that the paths may name."""

    def __init__(
        self, operation: Any, *, address: str, user: User, ids: dict[str, list[str]], document: Document, server_errors: bool = False
    ) -> None:
        self._operation, self._address, self._ids, self._document = operation, address, ids, document
        self._server_errors = server_errors
        self._authorization = user.http.headers["Authorization"]
        self.told: set[int] = set()

    def first_problem(self, examples: int) -> str | None:
        """Send so many good and bad requests; say what was wrong with the first answer that was not good."""
        from schemathesis import GenerationMode  # noqa: PLC0415 - each worker collects this file, one runs it

        good, bad = (self._operation.as_strategy(mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE))
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
        assert self._server_errors or answer.status_code < 500, (
            f"{answer.status_code} to {case.as_curl_command()}: {answer.content[:300]!r}"
        )
        if told.status_code not in {404, 405, 431}:  # Where a made-up id changes the path, nothing may be there.
            assert self._document.misfits(told) == [], case.as_curl_command()


FACES: Final = {
    "AI Studio": Fuzzed(f"^{STUDIO}/", 45, things_of, admins=ADMINS_ALONE, one_reader=True),
    "Trading AI": Fuzzed(
        r"^/($|health$|debug/gpt4$|predict-trend$|ai/|api/(backtests|tasks|training/jobs|monitoring|chat/project))",
        40,
        trading_things,
        few=5,
        admins=("/api/training/jobs/{job_id}/deploy",),
        # What a backtest has left, and alerts: by services that are not here.
        nowhere=frozenset(
            {
                *(f"/api/backtests/{{backtest_id}}/{file}" for file in ("report.html", "plots/{plot}", "trades", "sweep")),
                *(f"/api/monitoring/alerts/{{alert_id}}/{verb}" for verb in ("acknowledge", "resolve")),
            }
        ),
        # No LLM is configured, and no other process is alive.
        unwell=frozenset({"/debug/gpt4", "/api/monitoring/health"}),
    ),
    "AI Engine": Fuzzed(
        f"^{ENGINE}/",
        65,
        made_for,
        few=4,
        sample=frozenset({f"POST {ENGINE}/models", f"PUT {REGISTERED}/gate"}),
    ),
    "Model Builder": Fuzzed(
        f"^{BUILDER}/",
        35,
        made_for,
        few=4,
        sample=frozenset({f"PUT {FILE}", f"POST {BUILDER}/training/start"}),
    ),
    "ML Development": Fuzzed(
        f"^{ML}/",
        25,
        made_for,
        few=4,
        sample=frozenset({f"POST {ML}/recipes/{{recipe_id}}/versions"}),
    ),
}
