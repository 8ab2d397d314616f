"""Situations in which the Python client meets an error."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from libs.contracts.ids import new_id
from libs.contracts.marketplace import ReserveCredits
from libs.contracts.training import COMPUTE_LIMIT, JobError
from modelbourse import (
    asking,
    gateway,
    jobs,
    models,
    predictions,
)
from modelbourse.answers.trading_ai.backtests import AcceptedBacktest
from modelbourse.gateway import Credential, Gateway
from modelbourse.trading_ai import backtests
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.tier_limits import DEFAULTS, Limit
from tests.gateway.studio.client_stage import NOBODY, ONCE, Stage, answering, nobody_answers, performed
from tests.gateway.studio.selling import a_reviewer, listed
from tests.gateway.studio.world import User


async def a_trained_model(stage: Stage) -> str:
    return await stage.studio.trained(stage.ada)


async def a_trained_model_staged(stage: Stage, *version_and_stage: str) -> Any:
    return await stage.run(models.stage_version, await a_trained_model(stage), *version_and_stage)


async def a_failed_job(stage: Stage) -> str:
    job_id = await stage.ada.train(await stage.ada.make_model())
    await stage.studio.training.fail(job_id)
    return job_id


async def a_job_at_its_limit(stage: Stage) -> str:
    job_id = await stage.ada.train(await stage.ada.make_model())
    await stage.studio.training.fail(job_id, error=JobError(type=COMPUTE_LIMIT, message="It has used what was reserved for it."))
    return job_id


async def a_cancelled_job(stage: Stage) -> str:
    job_id = await stage.ada.train(await stage.ada.make_model())
    await stage.run(jobs.cancel_job, job_id)
    return job_id


async def a_poor_user(stage: Stage) -> User:
    return await stage.studio.user(tier=Tier.FREE)


async def until_credits_are_used_up(stage: Stage) -> Any:
    poor = await a_poor_user(stage)
    nearly_all = ReserveCredits(job_id=new_id("job"), account_id=poor.account_id, tier="free", hours=Decimal("9.995"))
    await stage.studio.gateway.platform.services.marketplace.reserve(nearly_all)
    await stage.run(models.start_training, await poor.make_model(), by=poor)


async def beyond_the_tier(stage: Stage, steps: Callable[..., Any], *arguments: Any, most: int, **more: Any) -> Any:
    """Make as many as the lowest tier may have, and one more."""
    poor = await a_poor_user(stage)
    for _ in range(most + 1):
        await stage.run(steps, *arguments, by=poor, **more)


async def more_jobs_than_the_tier(stage: Stage) -> Any:
    poor = await a_poor_user(stage)
    for _ in range(DEFAULTS[Limit.JOBS][Tier.FREE] + 1):
        await stage.run(models.start_training, await poor.make_model(), by=poor)


async def restored_beyond_the_tier(stage: Stage) -> Any:
    poor = await a_poor_user(stage)
    model_id = await poor.make_model()
    await stage.run(models.archive_model, model_id, by=poor)
    for _ in range(DEFAULTS[Limit.MODELS][Tier.FREE]):
        await poor.make_model()
    await stage.run(models.restore_model, model_id, by=poor)


async def a_model_in_training(stage: Stage) -> str:
    model_id = await stage.ada.make_model()
    await stage.ada.train(model_id)
    return model_id


async def a_draft(stage: Stage) -> str:
    return await stage.ada.make_model()


async def a_job(stage: Stage) -> str:
    return await stage.ada.train(await stage.ada.make_model())


async def a_listing(stage: Stage) -> str:
    seller = await stage.studio.user()
    return (await listed(stage.studio, seller, await a_reviewer(stage.studio)))[1]


async def a_backtest(stage: Stage) -> str:
    """One that waits."""
    days = {"start_date": "2005-01-03", "end_date": "2012-12-31"}
    asked: AcceptedBacktest = await stage.run(backtests.start_backtest, "rsi", "AAPL", **days)
    return asked.task_id


async def a_cancelled_backtest(stage: Stage) -> str:
    backtest_id = await a_backtest(stage)
    await stage.run(backtests.cancel_backtest, backtest_id)
    return backtest_id


async def an_expired_model(stage: Stage) -> str:
    """Its training ended long before today (doubles.py: STARTED)."""
    config = {"symbols": ["AAPL"], "cross_validation_folds": 0, "retrain": {"every": "7d", "expire_after": "8d"}}
    return await stage.studio.trained(stage.ada, training_config=config)


async def a_stream_that_breaks(stage: Stage) -> Any:
    http, at = answering(200, '{"symbol":"AAPL"', stream=True)
    await performed(http, predictions.batch_predict(at, stage.ada.account_id, ["AAPL"]))


async def a_stream_that_ends_in_an_error(stage: Stage) -> Any:
    http, at = answering(200, '{"error":{"code":"TIMEOUT","message":"No answer"}}\n')
    await performed(http, predictions.batch_predict(at, stage.ada.account_id, ["AAPL"]))


async def some_other_server(steps: Callable[[Gateway], Any]) -> Any:
    http, at = answering(200, "<html>hello</html>")
    await performed(http, steps(at))


async def wrong_password(stage: Stage) -> Any:
    return await performed(stage.ada.http, gateway.log_in(Gateway("http://studio.test", Credential(None), ONCE, 30.0), "nobody", "wrong"))


async def nobody_logged_in(_: Stage) -> Any:
    return await nobody_answers(Gateway(NOBODY, Credential(None), ONCE, 1.0).ask("GET", "/auth/me"))


async def a_number_that_is_none(stage: Stage) -> Any:
    await stage.run(Gateway.ask, "POST", "/nothing", body={"hours": float("nan")})


async def an_id_that_leads_elsewhere(_: Stage) -> Any:
    return asking.path_to("/models/", "..")


async def a_list_that_is_none(_: Stage) -> Any:
    return asking.strings_of("aliases", {"champion": True})


async def a_login_to_keep(_: Stage) -> Any:
    return Gateway(NOBODY, Credential(None), ONCE, 1.0).kept()
