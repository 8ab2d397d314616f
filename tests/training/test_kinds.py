"""Jobs that are no trainings: a backtest goes through the same life, and is told of on the topics of jobs."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, cast

import pytest
from pydantic import ConfigDict, ValidationError

from libs.chassis.bus.wire import event_headers
from libs.chassis.errors import UnavailableError
from libs.chassis.stores.erased import ERASED
from libs.contracts import job_kinds
from libs.contracts.backtests import BacktestResult, BacktestSpec
from libs.contracts.envelope import now
from libs.contracts.gateway import AccountErased
from libs.contracts.ids import new_id
from libs.contracts.job_kinds import KINDS, JobForm, JobKind, is_for_later_release
from libs.contracts.jobs import JobCancelRequested, JobRequested
from libs.contracts.snapshots import JobSnapshots, ReadJobs
from libs.contracts.training import COMPUTE_LIMIT, CancelTraining, JobError, JobState, Priority
from services.training.app import runner_place
from services.training.domain.errors import UnknownKindError
from services.training.domain.job import job_from
from services.training.domain.kinds import TIERS, WORK, Work
from services.training.outbound.job_documents import from_document, to_document
from services.training.outbound.runner import Runner, work_named
from services.training.outbound.runner_words import order_of
from services.training.settings import Settings
from services.training.usecases.later_jobs import PATIENCE, LaterJobs
from tests.training.conftest import Story, until
from tests.training.test_cluster_contract import an_assignment
from tests.training.thread_cluster import TRAINER

HELD: Final = "tests.training.trainers:held"


def a_backtest(*, kind: str = "backtest", reserved_hours: str = "1.000000", **spec: Any) -> JobRequested:
    return JobRequested(
        sequence=1,
        job_id=new_id("job"),
        kind=kind,
        account_id="account_1",
        tier="free",
        job_name="RSI on AAPL",
        priority=Priority.NORMAL,
        spec={"symbol": "AAPL", "start_date": "2010-01-01", "end_date": "2012-12-31"} | spec,
        reserved_hours=Decimal(reserved_hours),
    )


async def test_a_backtest_is_run_and_told_as_a_job(story: Story) -> None:
    request = a_backtest()
    async with story.service():
        await story.gateway.publish(request)
        await story.gateway.publish(request)

        end = await story.job_ended(request)

    told = story.told_of(request.job_id)
    assert [each["topic"] for each in told[:1]] == ["job.progressed"]
    assert [each["topic"] for each in told if each["topic"] != "job.progressed"] == ["job.completed"]
    assert (end["kind"], end["model_id"], end["spec"]) == ("backtest", None, request.spec)
    assert BacktestResult.model_validate(end["result"]).metrics["total_trades"]
    assert [each["sequence"] for each in told] == list(range(2, 2 + len(told)))
    assert {entry["headers"]["ce_jobkind"] for entry in story.broker.events if entry["key"] == request.job_id} == {"backtest"}


async def test_a_job_that_is_cancelled_says_what_it_knew(story: Story) -> None:
    story.machines.capacity = 0
    request = a_backtest()
    async with story.service():
        await story.gateway.publish(request)
        await until(lambda: story.database["jobs"].count_documents({}))
        await story.database["jobs"].update_one({"_id": request.job_id}, {"$set": {"progress.partial": '{"trials": 2}'}})

        answer = await story.gateway.ask(CancelTraining(job_id=request.job_id, account_id=request.account_id), within=60)
        end = await story.job_ended(request)

    assert (answer.partial, end["partial"]) == ({"trials": 2}, {"trials": 2})


@pytest.mark.parametrize(
    ("spec", "type_", "said"),
    [
        ({"commission": -1}, "InvalidError", "commission: Input should be greater than or equal to 0"),
        ({"symbol": "NOPE"}, "UnknownSymbolError", "NOPE"),
    ],
)
async def test_a_job_that_cannot_be_done_fails_at_once_in_words(story: Story, spec: dict[str, Any], type_: str, said: str) -> None:
    request = a_backtest(**spec)
    async with story.service(synthetic_allowed=False):
        await story.gateway.publish(request)

        end = await story.job_ended(request)

    assert (end["topic"], end["attempts"], end["error"]["type"]) == ("job.failed", 1, type_)
    assert said in end["error"]["message"]


async def test_a_job_that_only_a_later_release_knows_waits_for_a_replica_of_it(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    request, other = a_backtest(market_impact={"model": "later"}), a_backtest().model_copy(update={"account_id": "account_2"})
    async with story.service():
        await story.gateway.publish(request)
        await story.gateway.publish(other)
        await story.job_ended(other)
        # Events of different jobs are heard in no order.
        await until(lambda: story.database["jobs"].count_documents({"_id": request.job_id}))

        waiting = await story.job(request)

    # The later release: it knows the field, and does all that is asked for.
    class LaterSpec(BacktestSpec):
        model_config = ConfigDict(extra="allow")

    monkeypatch.setattr(job_kinds, "NOT_KNOWN_HERE", frozenset())
    monkeypatch.setitem(cast(dict[JobKind, JobForm], KINDS), JobKind.BACKTEST, replace(KINDS[JobKind.BACKTEST], spec=LaterSpec))
    async with story.service():
        end = await story.job_ended(request)

    assert (waiting["state"], waiting["starts"], waiting.get("set_aside")) == ("queued", 0, None)
    assert end["spec"] == request.spec
    assert story.told_of(request.job_id)[0]["topic"] == "job.progressed"


@pytest.mark.parametrize(
    ("spec", "waits"),
    [
        ({"slippage": {"model": "later"}}, True),
        ({"strategy": {"name": "later"}}, True),
        ({"direction": "later"}, True),
        ({"commission": -1}, False),
        ({"strategy": {"name": "macd"}, "sizing": {"method": "fixed", "value": 5}}, False),
    ],
)
def test_what_a_release_does_not_know_waits_and_what_is_wrong_is_told(spec: dict[str, Any], waits: bool) -> None:
    assert is_for_later_release(JobKind.BACKTEST, a_backtest(**spec).spec) is waits


async def test_a_job_for_which_no_later_release_comes_is_looked_at_once_and_told_of_in_heartbeats_until_it_is_gone() -> None:
    at = [now()]
    later = LaterJobs(clock=lambda: at[0])
    job, other = (job_from(a_backtest(**spec), traceparent=None, correlation_id=None) for spec in ({"market_impact": "later"}, {}))

    assert [later.notice(each) for each in (job, other)] == [True, False]
    assert [each.id in later for each in (job, other)] == [True, False]
    at[0] += PATIENCE
    await later.check()
    at[0] += timedelta(seconds=1)
    with pytest.raises(UnavailableError, match=f"^1 waiting for a later release .*, such as {job.id}"):
        await later.check()
    later.keep([other.id])
    await later.check()
    assert job.id not in later


def test_a_runner_of_an_older_image_leaves_such_a_job_to_be_tried_again(story: Story) -> None:
    runner = Runner(TRAINER)
    asked = replace(
        an_assignment("job_1/1"), kind=JobKind.BACKTEST, runs=WORK[JobKind.BACKTEST].runs, spec={"symbol": "AAPL", "market_impact": "later"}
    )

    assert runner.start(order_of(asked, place=runner_place(story.settings)))
    while not (seen := runner.watch("job_1/1", revision=10**6, lines_seen=0, settle_s=0, hold_s=10)) or not seen["end"]:
        pass

    assert (seen["end"]["final"], seen["end"]["error"]["type"]) == (False, "LaterSpecError")
    assert "market_impact: Extra inputs are not permitted" in seen["end"]["error"]["message"]


def test_a_job_is_ended_at_what_was_reserved_for_it_and_nothing_is_promised_of_a_checkpoint(story: Story) -> None:
    job = replace(job_from(a_backtest(reserved_hours="0.01"), traceparent=None, correlation_id=None), seconds_now=36.0)

    error = story.settings.limits.overstepped(job, rss_bytes=0, at=now())

    assert error == JobError(type=COMPUTE_LIMIT, message="It has used the 0.01 compute hours that were reserved for it.")


@pytest.mark.parametrize(
    ("limit", "error", "said"),
    [
        ({"memory_by_kind": {JobKind.BACKTEST: {"free": 1}}}, "MemoryLimitExceeded", "1 MiB are allowed"),
        ({"clock_by_kind": {JobKind.BACKTEST: {"free": timedelta(milliseconds=1)}}}, COMPUTE_LIMIT, "the most that one backtest may take"),
    ],
)
async def test_a_kinds_own_limits_reach_its_runner(
    story: Story, monkeypatch: pytest.MonkeyPatch, limit: dict[str, Any], error: str, said: str
) -> None:
    # A backtest is over too soon to be caught at it; this one waits until the story ends.
    monkeypatch.setitem(cast(dict[JobKind, Work], WORK), JobKind.BACKTEST, replace(WORK[JobKind.BACKTEST], runs=HELD))
    request = a_backtest(symbol=str(story.folder / "gate"))
    async with story.service(**limit):
        await story.gateway.publish(request)

        end = await story.job_ended(request)

    assert (end["topic"], end["error"]["type"]) == ("job.failed", error)
    assert said in end["error"]["message"]


@pytest.mark.parametrize("kind", JobKind)
def test_each_kind_has_a_row_and_what_it_runs_is_there(kind: JobKind) -> None:
    work = WORK[kind]

    assert callable(work_named(work.runs or Settings.model_fields["trainer"].default))
    assert set(work.memory_mb) | set(work.clock) <= set(TIERS)
    assert set(KINDS) == set(WORK)


def test_a_kinds_limits_are_by_tier_and_never_above_those_of_all_kinds(story: Story) -> None:
    small = Settings.model_validate(story.settings.model_dump() | {"memory_limit_mb": 512, "memory_by_kind": {"backtest": {"pro": 256}}})
    job = job_from(a_backtest(), traceparent=None, correlation_id=None)

    def most(tier: str) -> str:
        error = small.limits.overstepped(replace(job, tier=tier), rss_bytes=600 * 2**20, at=now())
        return error.message if error else ""

    assert story.settings.limits.overstepped(job, rss_bytes=600 * 2**20, at=now()) is None
    assert "512 MiB are allowed" in most("free")
    assert "256 MiB are allowed" in most("pro")
    with pytest.raises(ValidationError, match="'gold' is not a tier; there are free, pro, elite"):
        Settings.model_validate(story.settings.model_dump() | {"clock_by_kind": {"backtest": {"gold": 60}}})


async def test_a_job_that_was_cancelled_before_it_came_ends_as_cancelled(story: Story) -> None:
    request = a_backtest()
    wish = JobCancelRequested(sequence=2, job_id=request.job_id, kind="backtest", account_id=request.account_id)
    async with story.service():
        await story.gateway.publish(wish)
        await until(lambda: story.database["cancellations"].count_documents({}))
        await story.gateway.publish(request)

        end = await story.job_ended(request)

    assert (end["topic"], end["compute_hours"], end["kind"]) == ("job.cancelled", "0.000000", "backtest")


async def test_trainings_and_backtests_share_the_runners_and_snapshots_tell_of_both_until_their_account_is_erased(story: Story) -> None:
    story.machines.capacity = 1
    backtest = a_backtest()
    async with story.service():
        training = await story.request()
        await story.gateway.publish(backtest)
        await story.ended(training)
        end = await story.job_ended(backtest)

        told = await story.gateway.ask(ReadJobs(), within=60)
        await story.gateway.publish(AccountErased(sequence=1, account_id=backtest.account_id))

        async def forgotten() -> bool:
            left = await story.gateway.ask(ReadJobs(), within=60)
            return all(each.result is None and each.job_name == ERASED for each in left.others)

        await until(forgotten)

    assert isinstance(told, JobSnapshots)
    assert [(each.job_id, each.state) for each in told.jobs] == [(training.job_id, JobState.SUCCEEDED)]
    (other,) = told.others
    assert (other.job_id, other.kind, other.state, other.spec) == (backtest.job_id, "backtest", JobState.SUCCEEDED, backtest.spec)
    assert (other.result, other.sequence) == (end["result"], end["sequence"])


@pytest.mark.parametrize("kind", ["horoscope", "train"])
def test_a_kind_that_is_not_known_here_is_refused(kind: str) -> None:
    with pytest.raises(UnknownKindError, match=kind):
        job_from(a_backtest(kind=kind), traceparent=None, correlation_id=None)


def test_a_job_is_kept_as_it_is_and_one_of_before_there_were_kinds_is_a_training(story: Story) -> None:
    job = job_from(a_backtest(), traceparent=None, correlation_id=None)
    training = job_from(story.a_request(), traceparent=None, correlation_id=None)
    kept = {name: value for name, value in to_document(training).items() if name not in {"kind", "parent"}}

    assert from_document(to_document(job) | {"_id": job.id, "version": 0}) == job
    assert from_document(kept | {"_id": training.id, "version": 0}) == training


def test_the_kind_of_a_job_is_a_header_and_other_events_have_none(story: Story) -> None:
    assert event_headers(a_backtest(), source="gateway")["ce_jobkind"] == "backtest"
    assert "ce_jobkind" not in event_headers(story.a_request(), source="gateway")
