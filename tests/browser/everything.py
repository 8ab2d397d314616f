"""Something of everything: for each noun what its pages show, and where they are.

A noun's pages are named by their declared paths, with what is asked of them behind; `make` fills in whose they are. Of pages that are
alike, the suite looks at the `first`, and `make soak` at all.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from libs.chassis.bus.memory import MemoryBus
from tests.gateway.agents.coach import Coach
from tests.gateway.engine.searching import ROWS, Searcher
from tests.gateway.studio import predicting, text_checks, text_runs, watching
from tests.gateway.studio.other_jobs import heard
from tests.gateway.studio.recipe_runs import RECIPE, complete, registered, started
from tests.gateway.studio.registering import registered as named
from tests.gateway.studio.registering import told
from tests.gateway.studio.selling import a_reviewer, listed, measure
from tests.gateway.studio.subscribers import subscribed
from tests.gateway.studio.test_pages_trades import backtested
from tests.gateway.studio.test_signal_records import a_rise, recording
from tests.gateway.studio.test_text_exports import complete as complete_export
from tests.gateway.studio.test_text_exports import export_is
from tests.gateway.studio.test_text_scores import ready, scored
from tests.gateway.studio.world import User, World
from tests.gateway.test_chat import LlmDouble

Ids: TypeAlias = Mapping[str, str]
# Where whoever has signed in is led on from, and what is nowhere.
STRANGERS: Final = ("/app/sign-in", "/app/register")
NOWHERE: Final = "/app/nothing"


async def nothing(_: World, __: User) -> Ids:
    """Make nothing: the pages show what there is."""
    return {}


@dataclass(frozen=True)
class Noun:
    """See the module."""

    make: Callable[[World, User], Awaitable[Ids]] = nothing
    first: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


async def market_model(world: World, user: User) -> Ids:
    """Train a model of a market."""
    model_id = await world.trained(user)
    return {"model_id": model_id, "job_id": (await user.get("/training-jobs/"))["results"][0]["id"]}


async def watched_model(world: World, user: User) -> Ids:
    """Train a model that drifts, as a snapshot finds."""
    model_id = await world.trained(user)
    await watching.taken(world, user, model_id, watching.found(rsi=0.4, accuracy=0.2), at=watching.BEGAN)
    return {"model_id": model_id}


async def recipe_model(world: World, user: User) -> Ids:
    """Train a recipe's model, and ask it."""
    model_id = await registered(user)
    run = await complete(world, user, await started(user, model_id=model_id))
    asked = await predicting.asked(user, model_id, {"rows": predicting.ROWS})
    answer = await predicting.answered_as(world, user, asked, predicting.an_answer(world))
    return {"model_id": model_id, "run_id": run["id"], "prediction_id": answer["id"], "recipe_id": RECIPE, "family": "pricing"}


async def backtest(world: World, user: User) -> Ids:
    """Play a strategy that trades."""
    return {"backtest_id": (await backtested(world, user))["backtest_id"]}


async def experiment(world: World, user: User) -> Ids:
    """Search for hyperparameters to the end."""
    searcher = Searcher(world, user)
    experiment_id = await searcher.made()
    await searcher.complete(await searcher.started(experiment_id), *ROWS)
    await searcher.is_in("completed", f"/{experiment_id}")
    return {"experiment_id": experiment_id}


async def market(world: World, user: User) -> Ids:
    """Put a model on sale that was measured, and have another one to offer; buy somebody's."""
    model_id, listing_id = await listed(world, user, await a_reviewer(world))
    await measure(world, listing_id, model_id)
    _, others = await listed(world, await world.user(), await a_reviewer(world))
    await subscribed(user, others)
    return {"listing_id": listing_id, "model_id": await world.trained(user)}


async def payment(_: World, user: User) -> Ids:
    """Pay for hours."""
    bought = await user.call("POST", "/compute/purchase-credits/", {"hours": 2, "payment_method": "credit_card"})
    return {"payment_id": bought.json()["transaction_id"]}


async def webhook(_: World, user: User) -> Ids:
    """Ask for messages, and have one sent to where nobody takes it."""
    told_of = {"url": "http://127.0.0.1:9/x", "events": ["training_job.completed"]}
    webhook_id = (await user.call("POST", "/webhooks/", told_of)).json()["id"]
    sent = await user.call("POST", f"/webhooks/{webhook_id}/test/")
    assert sent.is_success, sent.text
    deliveries = await user.get(f"/webhooks/{webhook_id}/deliveries/")
    return {"webhook_id": webhook_id, "delivery_id": deliveries["results"][0]["id"]}


async def registered_name(world: World, user: User) -> Ids:
    """Register a model under a name with a gate, which refuses it production."""
    await named(user, "shown", await world.trained(user))
    await told(user, "PUT", "/shown/gate", {"rules": [{"metric": "accuracy", "op": ">=", "value": 0.99}]})
    await told(user, "PATCH", "/shown/versions/1", {"status": "production", "comment": "It trades."}, status=409)
    return {"model_name": "shown", "version": "1"}


async def agent(world: World, user: User) -> Ids:
    """Train an agent and let it loose."""
    coach = Coach(world, user)
    made = await coach.trained(await coach.make())
    at = f"/{made['environment_id']}/agents/{made['id']}"
    run = (await coach.call("POST", f"{at}/run", {"render": True})).json()["run_id"]
    await coach.complete(run.replace("run_", "job_"), coach.played())
    await coach.becomes(f"{at}/runs/{run}", "completed")
    return {"environment_id": made["environment_id"], "agent_id": made["id"], "job_id": made["job_id"], "run_id": run}


async def signal(_: World, user: User) -> Ids:
    """Have candles analysed, and tell what became of the signal."""
    made = (await user.http.post("/ai/analyze", json=a_rise())).json()
    judged = {name: made[name] for name in ("signal_id", "symbol")} | {"predicted_signal": made["signal"], "actual_outcome": "PROFIT"}
    answer = await user.http.post("/ai/feedback", json=judged | {"profit_loss": 12.5})
    assert answer.is_success, answer.text
    return {}


async def packaged_dataset(_: World, __: User) -> Ids:
    """Return what is there for everybody."""
    return {"dataset_id": "packaged_AAPL_1d"}


async def text_training(world: World, user: User) -> Ids:
    """Train on texts."""
    await text_runs.send_news(user)
    job_id = str((await text_runs.begun(user, experiment_name="desk"))["job_id"])
    await text_runs.complete(world, user, job_id)
    return {"job_id": job_id}


async def text_check(world: World, user: User) -> Ids:
    """Check texts of which one comes twice."""
    await text_checks.send(user, rows=[*text_checks.NEWS, text_checks.NEWS[0]])
    asked = await text_runs.call(user, "POST", "/data/report", {"data_path": "data/news_dataset.json"})
    check_id = str(asked.json()["data"]["report_id"])
    await text_checks.do(world, await heard(world, check_id))
    return {"check_id": check_id}


async def text_export(world: World, user: User) -> Ids:
    """Export what was trained on texts."""
    folder = f"outputs/{(await text_training(world, user))['job_id']}/model"
    asked = await text_runs.call(user, "POST", "/export", {"model_path": folder, "format": "onnx"})
    export_id = str(asked.json()["data"]["export_id"])
    await complete_export(world, export_id)
    await export_is(user, export_id, "completed")
    return {"export_id": export_id}


async def text_scores(world: World, user: User) -> Ids:
    """Score texts of a stock."""
    await ready(world, user)
    job_id, _ = await scored(world, user)
    return {"job_id": job_id}


# A noun more is a line here.
NOUNS: Final[Sequence[Noun]] = (
    Noun(
        market_model,
        ("/app/models/{model_id}", "/app/jobs/{job_id}", "/app", "/app/models", "/app/models/new"),
        (
            "/app/models/compare?ids={model_id}",
            "/app/models/{model_id}/trades",
            "/app/models/{model_id}/versions",
            "/app/jobs",
            "/app/live",
            "/app/events",
        ),
    ),
    Noun(watched_model, (), ("/app/monitoring/{model_id}", "/app/monitoring")),
    Noun(
        recipe_model,
        (
            "/model-development/models/{model_id}",
            "/model-development/models/{model_id}/predictions/{prediction_id}",
            "/model-development/runs/{run_id}",
            "/model-development",
            "/model-development/recipes/{recipe_id}",
            "/model-development/chat",
        ),
        (
            "/model-development/models",
            "/model-development/runs",
            "/model-development/runs/compare?ids={run_id}",
            "/model-development/recipes/new",
            "/model-development/schemas/{family}",
        ),
    ),
    Noun(nothing, ("/app/account", "/app/admin/accounts", NOWHERE), ("/app/health", "/app/admin", "/app/admin/jobs")),
    Noun(payment, (), ("/app/account/receipts", "/app/account/receipts/{payment_id}")),
    Noun(webhook, (), ("/app/webhooks", "/app/webhooks/{webhook_id}", "/app/webhooks/{webhook_id}/deliveries/{delivery_id}")),
    Noun(
        backtest,
        (),
        ("/app/backtests", "/app/backtests/new", "/app/backtests/{backtest_id}", "/app/backtests/{backtest_id}/trades"),
    ),
    Noun(experiment, (), ("/app/experiments", "/app/experiments/new", "/app/experiments/{experiment_id}")),
    Noun(packaged_dataset, (), ("/app/datasets", "/app/datasets/{dataset_id}")),
    Noun(
        market,
        (),
        (
            "/app/marketplace",
            "/app/marketplace/{listing_id}",
            "/app/marketplace/review",
            "/app/marketplace/sell/{model_id}",
            "/app/subscriptions",
        ),
    ),
    Noun(
        registered_name,
        (),
        (
            "/app/registry",
            "/app/registry/{model_name}",
            "/app/registry/{model_name}/versions/{version}",
            "/app/registry/{model_name}/compare?a=1&b=1",
            "/app/admin/registry",
        ),
    ),
    Noun(
        agent,
        (),
        (
            "/app/agents",
            "/app/agents/new",
            "/app/agents/{environment_id}",
            "/app/agents/{environment_id}/train/{job_id}",
            "/app/agents/{environment_id}/agents/{agent_id}",
            "/app/agents/{environment_id}/agents/{agent_id}/runs/{run_id}",
        ),
    ),
    Noun(signal, (), ("/app/signals", "/app/signals/symbol?symbol=AAPL&timeframe=1d", "/app/signals/performance")),
    Noun(text_training, ("/app/texts/trainings/{job_id}",), ("/app/texts", "/app/texts/new", "/app/texts/ask?model={job_id}")),
    Noun(text_check, (), ("/app/texts/checks", "/app/texts/checks/{check_id}")),
    Noun(text_export, (), ("/app/texts/exports", "/app/texts/exports/{export_id}")),
    Noun(text_scores, (), ("/app/texts/scores", "/app/texts/scores/{job_id}")),
    Noun(nothing, (), ("/app/files", "/app/files?prefix=outputs/")),
)


def declared(noun: Noun) -> set[str]:
    """Return the paths of a noun's pages, as pages declare them."""
    return {each.partition("?")[0] for each in (*noun.first, *noun.others)}


@asynccontextmanager
async def everything(world: World, user: User, *, whole: bool) -> AsyncIterator[list[str]]:
    """Make it, and return the addresses of the first pages, or of all; what answers for signals is there meanwhile."""
    me = (await user.http.get("/auth/me")).json()
    user = replace(user, account_id=me["id"])
    shown = [(noun, (*noun.first, *noun.others) if whole else noun.first) for noun in NOUNS]
    if not whole:
        yield [address for noun, pages in shown if pages for address in await addresses(world, user, noun, pages)]
        return
    llm = LlmDouble(MemoryBus(world.broker, service="inference", instance="llm"))
    async with recording(world), llm.bus.running(answers=llm.answers()):
        yield [address for noun, pages in shown for address in await addresses(world, user, noun, pages)]


async def addresses(world: World, user: User, noun: Noun, pages: Sequence[str]) -> list[str]:
    """Make what a noun's pages show, and return where these are."""
    ids = await noun.make(world, user)
    return [each.format_map(ids) for each in pages]
