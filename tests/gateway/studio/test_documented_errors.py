"""Every error that a docstring of the Python client names is raised by what it says raises it."""

import inspect
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import modelbourse.errors
import modelbourse.errors_datasets
import modelbourse.errors_jobs
import modelbourse.trading_ai.errors
from libs.contracts.ids import new_id
from modelbourse import (
    accounts,
    asking,
    catalogue,
    compute,
    datasets,
    gateway,
    jobs,
    keys,
    market,
    models,
    predictions,
    records,
    results,
    watching,
    webhooks,
)
from modelbourse.answers import frames
from modelbourse.answers.models import ModelDetails
from modelbourse.async_modelbourse import AsyncModelbourse
from modelbourse.blocking import Items
from modelbourse.errors import ModelbourseError, RefusedError
from modelbourse.gateway import Gateway
from modelbourse.modelbourse import Modelbourse
from modelbourse.trading_ai import backtests, chat, live, monitoring, signals, tasks, trainings
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.tier_limits import DEFAULTS, Limit
from tests.gateway.datasets.client_scenes import (
    NOBODYS,
    a_dataset,
    a_dataset_in_check,
    a_dataset_that_is_used,
    a_download_that_breaks,
    a_file_beyond_the_tier,
    a_refused_dataset,
    a_second_file_while_one_is_checked,
    file,
    more_checks_than_the_tier,
    the_same_candles_twice,
    the_version_that_is_used,
)
from tests.gateway.studio.client_scenes import (
    a_backtest,
    a_cancelled_backtest,
    a_cancelled_job,
    a_draft,
    a_failed_job,
    a_job,
    a_job_at_its_limit,
    a_list_that_is_none,
    a_listing,
    a_login_to_keep,
    a_model_in_training,
    a_number_that_is_none,
    a_stream_that_breaks,
    a_stream_that_ends_in_an_error,
    a_trained_model,
    a_trained_model_staged,
    an_expired_model,
    an_id_that_leads_elsewhere,
    beyond_the_tier,
    more_jobs_than_the_tier,
    nobody_logged_in,
    restored_beyond_the_tier,
    some_other_server,
    until_credits_are_used_up,
    wrong_password,
)
from tests.gateway.studio.client_stage import ONCE, Stage, away, nobody_answers, watched, watched_too_often
from tests.gateway.studio.world import User, World, new_model

pytestmark = pytest.mark.asyncio(loop_scope="session")
MODULES = (
    accounts,
    catalogue,
    compute,
    datasets,
    jobs,
    keys,
    market,
    models,
    predictions,
    records,
    results,
    watching,
    webhooks,
    asking,
    gateway,
    frames,
    backtests,
    chat,
    live,
    monitoring,
    signals,
    tasks,
    trainings,
)
ERRORS = (modelbourse.errors, modelbourse.errors_jobs, modelbourse.errors_datasets, modelbourse.trading_ai.errors)
CLASSES = (Gateway, Modelbourse, AsyncModelbourse, Items)


LOGIN = {"grant_type": "password", "username": "nobody", "password": "wrong"}
TRADES = (results.page_of_trades, results.all_trades, results.get_trades_csv)
MODEL, JOB, LISTING, SUBSCRIPTION, WEBHOOK, KEY = (new_id(kind) for kind in ("model", "job", "listing", "subscription", "webhook", "key"))
CASES: dict[tuple[str, str], Callable[[Stage], Awaitable[Any]]] = {
    ("change_password", "InvalidRequestError"): lambda s: s.run(accounts.change_password, "not this one", "a long and good one"),
    ("call", "UnreadableAnswerError"): lambda s: s.run(accounts.call, "GET", "/asyncapi"),
    ("ask_for", "UnreadableAnswerError"): lambda s: s.run(asking.ask_for, ModelDetails, "GET", "/livez"),
    ("ask", "NotLoggedInError"): nobody_logged_in,
    ("ask", "NotConnectedError"): lambda _: nobody_answers(away().ask("GET", "/auth/me")),
    ("ask", "RefusedError"): lambda s: s.run(Gateway.ask, "GET", "/nothing"),
    ("ask", "UnsendableError"): a_number_that_is_none,
    ("path_to", "UnsendableError"): an_id_that_leads_elsewhere,
    ("strings_of", "UnsendableError"): a_list_that_is_none,
    ("kept", "NotLoggedInError"): a_login_to_keep,
    ("log_in", "RefusedError"): wrong_password,
    ("log_in", "NotConnectedError"): lambda _: nobody_answers(gateway.log_in(away(), "nobody", "wrong")),
    ("log_in", "UnreadableAnswerError"): lambda _: some_other_server(lambda at: gateway.log_in(at, "nobody", "wrong")),
    ("get_grant", "RefusedError"): lambda s: s.run(gateway.get_grant, LOGIN),
    ("get_grant", "NotConnectedError"): lambda _: nobody_answers(gateway.get_grant(away(), LOGIN)),
    ("get_grant", "UnreadableAnswerError"): lambda _: some_other_server(lambda at: gateway.get_grant(at, LOGIN)),
    ("open_gateway", "NotConnectedError"): lambda _: opened("localhost:8000"),
    ("open_gateway", "NotLoggedInError"): lambda _: opened("http://localhost:8000", token="tökén"),
    ("create_model", "InvalidRequestError"): lambda s: s.run(models.create_model, **(new_model() | {"algorithm": "FOREST"})),
    ("create_model", "PermissionDeniedError"): lambda s: beyond_the_tier(
        s, models.create_model, **new_model(), most=DEFAULTS[Limit.MODELS][Tier.FREE]
    ),
    ("get_model", "NotFoundError"): lambda s: s.run(models.get_model, MODEL),
    ("update_model", "InvalidRequestError"): lambda s: with_(a_trained_model, s, models.update_model, features=["rsi_14"]),
    ("stage_version", "NotFoundError"): lambda s: a_trained_model_staged(s, "1.7", "production"),
    ("stage_version", "InvalidRequestError"): lambda s: a_trained_model_staged(s, "1.0", "archived"),
    ("alias_version", "NotFoundError"): lambda s: with_(a_trained_model, s, models.alias_version, version="1.7", aliases=["champion"]),
    ("alias_version", "InvalidRequestError"): lambda s: with_(a_trained_model, s, models.alias_version, version="1.0", aliases=["v1"]),
    ("alias_version", "UnsendableError"): lambda s: s.run(models.alias_version, MODEL, "1.0", 5),
    ("delete_model", "InvalidRequestError"): lambda s: with_(a_trained_model, s, models.delete_model),
    ("archive_model", "ConflictError"): lambda s: with_(a_model_in_training, s, models.archive_model),
    ("restore_model", "PermissionDeniedError"): restored_beyond_the_tier,
    ("start_training", "PaymentError"): until_credits_are_used_up,
    ("start_training", "ConflictError"): lambda s: with_(a_draft, s, models.start_training, times=2),
    ("start_training", "PermissionDeniedError"): more_jobs_than_the_tier,
    ("get_plot", "NotFoundError"): lambda s: with_(a_draft, s, models.get_plot),
    ("get_report", "NotFoundError"): lambda s: with_(a_draft, s, models.get_report),
    ("get_job", "NotFoundError"): lambda s: s.run(jobs.get_job, JOB),
    ("cancel_job", "InvalidRequestError"): lambda s: with_(a_failed_job, s, jobs.cancel_job),
    ("wait_for_job", "TrainingFailedError"): lambda s: with_(a_failed_job, s, jobs.wait_for_job),
    ("wait_for_job", "ComputeLimitError"): lambda s: with_(a_job_at_its_limit, s, jobs.wait_for_job),
    ("wait_for_job", "TrainingCancelledError"): lambda s: with_(a_cancelled_job, s, jobs.wait_for_job),
    ("wait_for_job", "WaitTimeoutError"): lambda s: with_(a_job, s, jobs.wait_for_job, timeout=0.0),
    ("watch_jobs", "UnsendableError"): lambda _: nobody_answers(watching.watch_jobs(away(), kind="")),
    ("watch_jobs", "InvalidRequestError"): lambda s: watched(s, kind="nothing"),
    ("watch_jobs", "NotFoundError"): lambda s: watched(s, job_id=JOB),
    ("watch_jobs", "RateLimitedError"): watched_too_often,
    ("purchase_credits", "PaymentError"): lambda s: s.run(compute.purchase_credits, 1.0, payment_method="card_declined"),
    ("create_key", "InvalidRequestError"): lambda s: s.run(keys.create_key, "x", expires_at="2001-01-01T00:00:00Z"),
    ("create_key", "PermissionDeniedError"): lambda s: beyond_the_tier(s, keys.create_key, "x", most=DEFAULTS[Limit.API_KEYS][Tier.FREE]),
    ("revoke_key", "NotFoundError"): lambda s: s.run(keys.revoke_key, KEY),
    ("get_listing", "NotFoundError"): lambda s: s.run(market.get_listing, LISTING),
    ("publish_model", "InvalidRequestError"): lambda s: with_(
        a_trained_model, s, market.publish_model, title="Swings", category="MOMENTUM", asset_classes=["EQUITY"], monthly_price=29
    ),
    ("subscribe", "PaymentError"): lambda s: with_(a_listing, s, market.subscribe, payment_method="card_declined"),
    ("subscribe", "InvalidRequestError"): lambda s: with_(a_listing, s, market.subscribe, times=2),
    ("get_subscription", "NotFoundError"): lambda s: s.run(market.get_subscription, SUBSCRIPTION),
    ("page_of_ratings", "NotFoundError"): lambda s: s.run(market.page_of_ratings, LISTING),
    ("all_ratings", "NotFoundError"): lambda s: s.run(market.all_ratings, LISTING),
    **{
        (steps.__name__, "NotFoundError"): lambda s, steps=steps: with_(a_draft, s, steps)
        for steps in (*TRADES, results.get_equity_curve, results.get_equity_curve_csv)
    },
    **{(each.__name__, "InvalidRequestError"): lambda s, each=each: with_(a_trained_model, s, each, symbol="APL") for each in TRADES},
    ("get_version", "NotFoundError"): lambda s: with_(a_trained_model, s, models.get_version, version="9.9"),
    ("compare_models", "NotFoundError"): lambda s: s.run(results.compare_models, [MODEL, new_id("model")]),
    ("page_of_record", "NotFoundError"): lambda s: s.run(records.page_of_record, LISTING),
    ("all_of_record", "NotFoundError"): lambda s: s.run(records.all_of_record, LISTING),
    ("verify_record", "NotFoundError"): lambda s: s.run(records.verify_record, LISTING),
    ("create_webhook", "PermissionDeniedError"): lambda s: beyond_the_tier(
        s, webhooks.create_webhook, "http://127.0.0.1:9/hook", ["training_job.completed"], most=DEFAULTS[Limit.WEBHOOKS][Tier.FREE]
    ),
    ("get_webhook", "NotFoundError"): lambda s: s.run(webhooks.get_webhook, WEBHOOK),
    ("predict", "ConflictError"): lambda s: with_(an_expired_model, s, predictions.predict, symbols=["AAPL"]),
    ("upload_dataset", "InvalidRequestError"): lambda s: s.run(datasets.upload_dataset, file(), symbol="ACME", timeframe="1hr"),
    ("upload_dataset", "TooLargeError"): a_file_beyond_the_tier,
    ("upload_dataset", "PermissionDeniedError"): more_checks_than_the_tier,
    ("upload_dataset", "ConflictError"): the_same_candles_twice,
    ("upload_dataset", "UnsendableError"): lambda s: s.run(datasets.upload_dataset, 5, symbol="ACME"),
    ("append_dataset", "NotFoundError"): lambda s: s.run(datasets.append_dataset, NOBODYS, file()),
    ("append_dataset", "ConflictError"): a_second_file_while_one_is_checked,
    ("wait_for_dataset", "NotFoundError"): lambda s: s.run(datasets.wait_for_dataset, NOBODYS),
    ("wait_for_dataset", "DatasetRefusedError"): lambda s: with_(a_refused_dataset, s, datasets.wait_for_dataset),
    ("wait_for_dataset", "WaitTimeoutError"): lambda s: with_(a_dataset_in_check, s, datasets.wait_for_dataset, timeout=0.0),
    **{
        (steps.__name__, "NotFoundError"): lambda s, steps=steps: s.run(steps, NOBODYS)
        for steps in (
            datasets.get_dataset,
            datasets.page_of_versions,
            datasets.all_versions,
            datasets.get_health,
            datasets.get_health_page,
            datasets.delete_dataset,
        )
    },
    ("download_dataset", "NotFoundError"): lambda s: s.run(datasets.download_dataset, NOBODYS, "nowhere"),
    ("download_dataset", "InvalidRequestError"): lambda s: with_(a_refused_dataset, s, datasets.download_dataset, into="nowhere"),
    ("download_dataset", "NotConnectedError"): a_download_that_breaks,
    ("rename_dataset", "NotFoundError"): lambda s: s.run(datasets.rename_dataset, NOBODYS, "x"),
    ("rename_dataset", "InvalidRequestError"): lambda s: with_(a_dataset, s, datasets.rename_dataset, name=""),
    ("delete_dataset", "ConflictError"): a_dataset_that_is_used,
    ("delete_version", "NotFoundError"): lambda s: s.run(datasets.delete_version, NOBODYS, 1),
    ("delete_version", "ConflictError"): the_version_that_is_used,
    ("batch_predict", "CutOffError"): a_stream_that_breaks,
    ("batch_predict", "RefusedError"): a_stream_that_ends_in_an_error,
    ("analyze", "InvalidRequestError"): lambda s: s.run(signals.analyze, "BTCUSDT", {"1h": []}, current_price=1.0),
    ("start_backtest", "InvalidRequestError"): lambda s: s.run(
        backtests.start_backtest, "rsi", "AAPL", start_date="2012-01-03", end_date="2012-12-31", parameters={"perod": 7}
    ),
    ("get_backtest", "NotFoundError"): lambda s: s.run(backtests.get_backtest, JOB),
    ("get_backtest_report", "NotFoundError"): lambda s: with_(a_backtest, s, backtests.get_backtest_report),
    ("wait_for_backtest", "BacktestFailedError"): lambda s: with_(a_cancelled_backtest, s, backtests.wait_for_backtest),
    ("wait_for_backtest", "WaitTimeoutError"): lambda s: with_(a_backtest, s, backtests.wait_for_backtest, timeout=0.0),
    ("cancel_backtest", "InvalidRequestError"): lambda s: with_(a_cancelled_backtest, s, backtests.cancel_backtest),
    ("train_network", "InvalidRequestError"): lambda s: s.run(tasks.train_network, "forest", "AAPL"),
    ("get_task", "NotFoundError"): lambda s: s.run(tasks.get_task, JOB),
    ("retry_task", "InvalidRequestError"): lambda s: with_(a_backtest, s, tasks.retry_task),
    ("get_training", "NotFoundError"): lambda s: s.run(trainings.get_training, JOB),
    ("deploy", "PermissionDeniedError"): lambda s: s.run(trainings.deploy, JOB),
    ("get_health", "NotConnectedError"): lambda _: nobody_answers(monitoring.get_health(away())),
    ("acknowledge_alert", "PermissionDeniedError"): lambda s: s.run(monitoring.acknowledge_alert, "alert_none"),
    ("resolve_alert", "PermissionDeniedError"): lambda s: s.run(monitoring.resolve_alert, "alert_none"),
    ("listen", "UnsendableError"): lambda _: nobody_answers(live.listen(away(), types=[])),
    ("listen", "InvalidRequestError"): lambda s: watched(s, live.listen, types="Signals"),
}
# What methods say of themselves is what the functions behind them say; what is not installed is a story of test_refusals.py.
SAME_AS = {"train": "start_training", "login": "log_in"}
ELSEWHERE = {"PandasMissingError", "WebSocketsMissingError", "ImportError", "ValueError", "OSError"}


async def opened(url: str, token: str = "token") -> Gateway:
    return gateway.open_gateway(url, token, timeout=1.0, retries=ONCE)


async def with_(thing: Callable[[Stage], Awaitable[str]], stage: Stage, steps: Callable[..., Any], *, times: int = 1, **more: Any) -> None:
    """Perform something with the id of a thing that is made for it, so many times."""
    thing_id = await thing(stage)
    for _ in range(times):
        await stage.run(steps, thing_id, **more)


def documented() -> set[tuple[str, str]]:
    """Return (function, error) for every error that a public docstring of the client names."""
    named = [
        each for module in MODULES for each in vars(module).values() if inspect.isfunction(each) and each.__module__ == module.__name__
    ]
    named += [each for kind in CLASSES for each in vars(kind).values() if inspect.isfunction(each)]
    named += [each.__func__ for kind in CLASSES for each in vars(kind).values() if isinstance(each, classmethod)]
    errors = {name for module in ERRORS for name in vars(module) if name.endswith("Error")}
    found = {
        (each.__name__, word)
        for each in named
        for word in re.findall(r"\w+Error\b", each.__doc__ or "")
        if not each.__name__.startswith("_")
    }
    assert {error for _, error in found} <= errors | ELSEWHERE
    return {(SAME_AS.get(name, name), error) for name, error in found if error not in ELSEWHERE}


def error_named(name: str) -> type[ModelbourseError]:
    kind = next(found for module in ERRORS if (found := getattr(module, name, None)))
    assert issubclass(kind, ModelbourseError)
    return kind


async def test_every_error_that_is_documented_has_its_case() -> None:
    assert documented() == set(CASES)


@pytest.mark.parametrize(("what", "error"), CASES, ids=str)
async def test_a_documented_error_comes(studio: World, ada: User, what: str, error: str) -> None:
    with pytest.raises(error_named(error)) as caught:
        await CASES[what, error](Stage(studio, ada))

    assert str(caught.value)
    assert not isinstance(caught.value, RefusedError) or caught.value.code
