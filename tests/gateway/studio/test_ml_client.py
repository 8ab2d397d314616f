"""Stories of `client.ml`, blocking and awaited: everything that it can do, done once, at a gateway that listens."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from modelbourse import Modelbourse
from modelbourse.async_modelbourse import AsyncModelbourse
from modelbourse.awaiting import Awaits
from modelbourse.blocking import Does
from modelbourse.errors import ConflictError, InvalidRequestError, NotFoundError
from modelbourse.errors_jobs import WaitTimeoutError
from services.gateway.serving import serving
from tests.gateway.studio import predicting, recipe_runs, watching
from tests.gateway.studio.recipe_runs import METRICS, RECIPE, VERSION
from tests.gateway.studio.sockets import listening, token
from tests.gateway.studio.synthetic_examples import fail, requested
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
NOUNS: Final = ("recipes", "runs", "models", "monitoring", "examples", "chat")
MANIFEST: Final = {"split": {"test_fraction": 0.3}}


@dataclass
class Use:
    """A client of either kind, and which of its methods were used."""

    studio: World
    user: User
    ml: Any
    run: Callable[..., Awaitable[Any]]
    used: set[str] = field(default_factory=set)

    async def __call__(self, method: str, *arguments: Any, **more: Any) -> Any:
        """Use `noun.method`."""
        self.used.add(method)
        noun, _, name = method.partition(".")
        return await self.run(getattr(getattr(self.ml, noun), name), *arguments, **more)

    @property
    def methods(self) -> set[str]:
        """All methods that there are."""
        every = ((noun, vars(type(getattr(self.ml, noun)))) for noun in NOUNS)
        return {f"{noun}.{name}" for noun, members in every for name, value in members.items() if isinstance(value, Does | Awaits)}


async def blocking(call: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
    return await asyncio.to_thread(call, *arguments, **more)


async def awaited(call: Callable[..., Awaitable[Any]], *arguments: Any, **more: Any) -> Any:
    return await call(*arguments, **more)


@pytest.mark.parametrize(("kind", "run"), [(Modelbourse, blocking), (AsyncModelbourse, awaited)], ids=["blocking", "awaited"])
async def test_everything_of_ml_development_can_be_done_by_the_client(studio: World, ada: User, kind: Any, run: Any) -> None:
    async with serving(studio.gateway.app, listening()) as address:
        client = kind(address, token(ada))
        use = Use(studio, ada, client.ml, run)
        try:
            recipe_id, version_id = await recipes(use)
            model_id = await models_and_runs(use, recipe_id, version_id)
            await promoted(use, model_id, recipe_id)
            await asked(use, model_id)
            await watched(use)
            await examples(use, recipe_id)
            answer = await use("chat.ask", "Hold out 40 %", recipe_id=recipe_id, context={"page": "recipe"})
        finally:
            await (client.aclose() if kind is AsyncModelbourse else asyncio.to_thread(client.close))

    assert answer.proposal.diff[0].path == "/split/test_fraction"
    assert use.used == use.methods


async def recipes(use: Use) -> tuple[str, str]:
    """Make recipes, and take one of them away again; return what is left, and its newest version."""
    shipped = await use("recipes.list", family="pricing", status="approved", limit=1)
    schema = await use("recipes.schema", "pricing")
    mine = await use("recipes.clone", RECIPE, "Shelf prices")
    child = await use(
        "recipes.create", name="Of a shop", family="pricing", level="client", parent_id=RECIPE, tags="shop", manifest=MANIFEST
    )
    added = await use("recipes.add_version", mine.id, MANIFEST, change_note="More is held out")
    shown = await use("recipes.get", mine.id, resolved=True)
    versions = await use("recipes.versions", mine.id)
    first = await use("recipes.version", mine.id, versions.versions[-1].version_id)
    changed = await use("recipes.update", mine.id, tags=["shelf"], status="approved")
    with pytest.raises(InvalidRequestError, match="test_fraction"):
        await use("recipes.add_version", mine.id, {"split": {"test_fractoin": 0.3}})
    await use("recipes.delete", child.id)
    with pytest.raises(NotFoundError):
        await use("recipes.get", child.id)

    assert [each.id for each in shipped.recipes] == [RECIPE]
    assert "split" in schema["properties"]
    assert (child.parent_id, child.tags) == (RECIPE, ["shop"])
    assert [each.path for each in added.diff_from_prev] == ["/split/test_fraction"]
    assert shown.resolved_manifest["split"]["test_fraction"] == 0.3
    assert (first.version_number, first.diff_from_prev) == ("1.0.0", None)
    assert (changed.status, changed.tags, changed.version_id) == ("approved", ["shelf"], added.version_id)
    return mine.id, added.version_id


async def models_and_runs(use: Use, recipe_id: str, version_id: str) -> str:
    """Train a model by a run; cancel another run, and report a third one."""
    model = await use("models.register", "Shelf prices", recipe_id, version_id, owner="team")
    estimate = await use("runs.estimate", recipe_id, version_id, "backtest")
    run = await use("runs.start", recipe_id, version_id, model_id=model.id)
    with pytest.raises(WaitTimeoutError, match="it goes on"):
        await use("runs.wait", run.id, timeout=0.0)
    seen: list[Any] = []
    waiting = asyncio.create_task(use("runs.wait", run.id, watch=seen.append))
    await recipe_runs.complete(use.studio, use.user, run.as_json())
    done = await waiting
    other, outside = [await use("runs.start", RECIPE, VERSION, "backtest") for _ in range(2)]
    cancelled = await use("runs.cancel", other.id)
    reported = await use("runs.report", outside.id, status="succeeded", metrics={"revenue_lift": 0.05}, logs="Done")

    assert (estimate.fits, run.status, seen[-1]) == (5, "queued", done)
    assert (done.status, done.metrics_json, done.model_version) == ("succeeded", METRICS, "1.0")
    assert await use("runs.get", run.id) == done
    assert await use("runs.file", run.id) == b"<h1>report</h1>"
    assert (await use("runs.file", run.id, "model/trees.txt")).startswith(b"trees of ")
    assert (cancelled.status, cancelled.error.type) == ("failed", "CANCELLED")
    assert (reported.metrics_source, reported.logs_text) == ("reported", "Done")
    assert [each.id for each in (await use("runs.list", model_id=model.id, status="succeeded")).runs] == [run.id]
    return str(model.id)


async def promoted(use: Use, model_id: str, recipe_id: str) -> None:
    """Put a model in production; delete another one."""
    moved = await use("models.update", model_id, status="production", owner="another team")
    spare = await use("models.register", "Spare", RECIPE, VERSION)
    with pytest.raises(ConflictError):
        await use("models.delete", model_id)
    await use("models.delete", spare.id)

    assert (moved.status, moved.owner, moved.registry.production) == ("production", "another team", 1)
    assert await use("models.get", model_id) == moved
    assert [each.id for each in (await use("models.list", recipe_id=recipe_id, status="production")).models] == [model_id]


async def asked(use: Use, model_id: str) -> None:
    """Ask a model about a row, and have it answered."""
    begun = await use("models.predict", model_id, predicting.ROWS, wait=False)
    waiting = asyncio.create_task(use("models.wait_for_prediction", model_id, begun.id))
    answer = predicting.an_answer(use.studio)
    await predicting.answered_as(use.studio, use.user, begun.as_json(), answer)
    done = await waiting
    late = asyncio.create_task(use("models.predict", model_id, predicting.ROWS))
    newest = await predicting.newest(use.user, model_id, total=2)
    await predicting.failed(use.studio, use.user, newest, "It went wrong.", kind="RunnerDiedError")
    with pytest.raises(InvalidRequestError, match="no column 'product_id'"):
        await use("models.predict", model_id, [{"date": "2001-03-01"}])

    assert (begun.status, begun.rows) == ("queued", [])
    assert (done.rows[0].expected_demand, done.rows[0].optimal_price) == (4.5, None)
    assert await use("models.prediction", model_id, begun.id) == done
    assert [each.id for each in (await use("models.predictions", model_id)).predictions] == [newest["id"], begun.id]
    assert (await use("models.prediction_file", model_id, begun.id)).startswith(b"row,mark")
    assert (await late).error.message == "It went wrong."


async def watched(use: Use) -> None:
    """Look at a model, of another kind, and report what was seen of it elsewhere."""
    model_id = await use.studio.trained(use.user)
    page = use.studio.training.artifacts.put(b"<!doctype html><title>Snapshot</title>")
    asked = await use("monitoring.take", model_id, start="2012-01-03T00:00:00Z", end="2012-06-01T00:00:00Z")
    waiting = asyncio.create_task(use("monitoring.wait", model_id, asked.id))
    await watching.complete(use.studio, asked.job_id, watching.found(rsi=0.4, page=page), at=watching.BEGAN)
    done = await waiting
    sent = await use("monitoring.send", model_id, performance={"accuracy": 0.4}, drift={"PSI": 0.1})
    labels = await use("monitoring.labels", model_id, [{"timestamp": "2012-01-04T21:00:00Z", "symbol": "AAPL", "value": 0.01}])
    rules = await use("monitoring.change_rules", model_id, {"thresholds": {"psi": 0.2}})

    assert (asked.status, done.status, done.drift_metrics_json["PSI"]) == ("computing", "done", 0.4)
    assert await use("monitoring.get", model_id, done.id) == done
    assert (await use("monitoring.report", model_id, done.id)).startswith(b"<!doctype html>")
    assert (sent.source, sent.drift_metrics_json) == ("reported", {"PSI": 0.1})
    assert [each.id for each in (await use("monitoring.list", model_id, source="reported")).snapshots] == [sent.id]
    assert (await use("monitoring.alerts", model_id, state="open")).total == 0  # Of rows that were named; they say nothing of today.
    assert (await use("monitoring.open_alerts", limit=5)).total == 0
    assert (labels.added, rules.rules.thresholds.psi) == (1, 0.2)
    assert await use("monitoring.rules", model_id) == rules


async def examples(use: Use, recipe_id: str) -> None:
    """Send rows, and have rows generated in vain."""
    rows = [{"price": 4.99, "units": 12}, {"price": 4.49, "units": 15}]
    sent = await use("examples.send", recipe_id, rows, schema={"price": "number", "units": "integer"})
    asked = await use("examples.generate", recipe_id, rows=20, seed=3)
    waiting = asyncio.create_task(use("examples.wait", recipe_id))
    await fail(use.studio, await requested(use.studio, use.user), "There are 12 rows, and 50 are needed.")
    failed = await waiting

    assert (sent.rows, sent.source, sent.synthetic) == (2, "given", True)
    assert (asked.generation.status, failed.generation.status) == ("queued", "failed")
    assert failed.generation.error == "There are 12 rows, and 50 are needed."
    assert (await use("examples.get", recipe_id)).sample_rows_json == rows
