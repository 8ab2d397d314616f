"""Jobs of other kinds than trainings at the gateway: accepted once, followed, cancelled, charged, with places of their account's."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, cast

import pytest

from libs.chassis.errors import PlatformError, UnavailableError
from libs.chassis.stores.parts import Part
from libs.contracts.backtests import BacktestSpec
from libs.contracts.ids import new_id
from libs.contracts.job_kinds import JobKind
from libs.contracts.jobs import JobCancelRequested, JobProgressed, JobRequested
from libs.contracts.marketplace import ReserveCredits
from libs.contracts.training import JobState
from libs.contracts.trials import Tried
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.jobs.errors import JobEndedError, JobNotFoundError
from services.gateway.domain.jobs.lists import JobFilter
from services.gateway.domain.jobs.terms import Outcome
from services.gateway.domain.jobs.trials import Trials
from services.gateway.domain.work import Work
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.jobs.play_backtest import PlayBacktest
from tests.gateway.studio.doubles import STARTED
from tests.gateway.studio.other_jobs import RESULT, caller_of, complete, heard, job_of, start
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_job_is_accepted_followed_to_its_end_and_charged_what_it_used(studio: World, ada: User) -> None:
    job = await start(studio, ada)
    request = await heard(studio, job.id)
    await studio.training.bus.publish(
        JobProgressed(
            **studio.training.of_job(job.id),
            attempt=1,
            started_at=STARTED,
            progress=33,
            stage="playing",
            step=1,
            total_steps=3,
            metrics={},
            logs=(),
            estimated_completion=None,
        )
    )
    running = await job_of(studio, job.id, ada, state=JobState.RUNNING)
    end = await complete(studio, job.id)
    done = await job_of(studio, job.id, ada, state=JobState.SUCCEEDED, charged_hours=Decimal("0.005"), slot=None)
    await studio.training.again(end)

    assert (request.kind, request.model_id, BacktestSpec.model_validate(request.spec).symbol) == ("backtest", None, "AAPL")
    assert (running.progress, running.stage) == (33, "playing")
    assert (done.progress, done.result, done.compute_hours) == (100, RESULT, Decimal("0.005"))
    page = await studio.gateway.platform.job_parts.jobs.find(
        ada.account_id, Part(10), JobFilter(kind=JobKind.BACKTEST, states=[JobState.SUCCEEDED])
    )
    assert [each.id for each in page.items] == [job.id]
    assert (await ada.get("/training-jobs/"))["count"] == 0


@dataclass
class TrialsAway:
    """The trials' store, of which one collection is away: everything else of the database is there."""

    asked: list[str] = field(default_factory=list)

    async def claim(self, _: Tried, *, job_id: str, **__: object) -> None:
        """Fail as the store does."""
        await self.withdraw(job_id)

    async def withdraw(self, job_id: str) -> None:
        """Fail as the store does."""
        self.asked.append(job_id)
        message = "The store is not available right now; try again in a moment."
        raise UnavailableError(message)


async def test_a_job_whose_trials_cannot_be_written_down_costs_nothing(studio: World) -> None:
    user, away, counted = await studio.user(Tier.FREE), TrialsAway(), list[str]()
    usual = studio.gateway.platform.job_parts.start
    played = usual.effects[Outcome.TRIALS]
    assert isinstance(played, PlayBacktest)
    start_job = replace(usual, effects=dict(usual.effects) | {Outcome.TRIALS: replace(played, trials=cast(Trials, away))})
    order, caller = Order(kind=JobKind.BACKTEST, spec=BacktestSpec(symbol="AAPL")), caller_of(user, Tier.FREE)

    def admit() -> Callable[[], None]:
        counted.append("today")
        return counted.clear

    with pytest.raises(UnavailableError):
        await start_job(order, caller=caller, work=Work(), admit=admit)

    month = ReserveCredits(job_id=new_id("job"), account_id=user.account_id, tier="free", hours=Decimal(10))
    assert (await studio.gateway.platform.services.marketplace.reserve(month)).hours == 10
    assert (len(away.asked), counted) == (2, [])


async def test_the_same_work_twice_is_one_job_and_one_reservation(studio: World, ada: User) -> None:
    work = Work(seed=f"backtest-{ada.account_id}", began_ms=1_764_000_000_000)

    first = await start(studio, ada, work=work)
    again = await start(studio, ada, work=work)
    await heard(studio, first.id)

    assert again.id == first.id
    assert len(studio.events(JobRequested.topic, key=first.id)) == 1


async def test_a_cancelled_job_ends_and_frees_its_place(studio: World, ada: User) -> None:
    job = await start(studio, ada)
    await heard(studio, job.id)

    stopped = await studio.gateway.platform.job_parts.stop(job.id, account_id=ada.account_id)

    assert (stopped.state, stopped.compute_hours) == (JobState.CANCELLED, studio.training.cancelled_hours)
    assert stopped.refund == Decimal("0.08")  # Of 0.02 h at 5.00, 0.004 were used.
    assert (await job_of(studio, job.id, ada, state=JobState.CANCELLED)).refund_amount == stopped.refund
    await job_of(studio, job.id, ada, state=JobState.CANCELLED, slot=None, charged_hours=studio.training.cancelled_hours)
    assert len(await studio.told(JobCancelRequested.topic, key=job.id)) == 1
    with pytest.raises(JobEndedError):
        await studio.gateway.platform.job_parts.stop(job.id, account_id=ada.account_id)


async def test_whoever_stops_a_training_stops_no_other_job(studio: World, ada: User) -> None:
    job = await start(studio, ada)

    with pytest.raises(JobNotFoundError, match="There is no training job"):
        await studio.gateway.platform.job_parts.stop(job.id, account_id=ada.account_id, kind=JobKind.TRAIN)
    answer = await ada.call("POST", f"/training-jobs/{job.id}/cancel/")

    assert answer.status_code == 404
    assert (await job_of(studio, job.id, ada)).cancel_requested_at is None


async def test_a_lost_job_is_there_again_by_its_request_and_one_of_a_later_release_is_passed_over(studio: World, ada: User) -> None:
    job = await start(studio, ada)
    request = await heard(studio, job.id)
    await studio.database["jobs"].delete_one({"_id": job.id})

    await studio.training.again(request.model_copy(update={"kind": "horoscope", "job_id": new_id("job")}))
    await studio.training.again(request)

    async def restored() -> bool:
        return bool(await studio.database["jobs"].count_documents({"_id": job.id}))

    await until(restored, what="the job that was lost")
    again = await job_of(studio, job.id, ada)
    assert (again.spec, again.reserved_hours, again.kind) == (job.spec, job.reserved_hours, JobKind.BACKTEST)


async def test_each_outcome_of_a_job_is_wired(studio: World) -> None:
    assert set(studio.gateway.platform.job_parts.start.effects) == set(Outcome)


async def test_trainings_and_other_jobs_share_an_accounts_places(studio: World) -> None:
    user = await studio.user(Tier.FREE)
    await user.train(await user.make_model())
    job = await start(studio, user, tier=Tier.FREE)

    with pytest.raises(PlatformError) as refused:
        await start(studio, user, tier=Tier.FREE)
    training = await user.call("POST", f"/models/{await user.make_model(name='Another')}/train/", {})
    await complete(studio, job.id)
    await job_of(studio, job.id, user, slot=None)
    next_one = await start(studio, user, tier=Tier.FREE)

    assert "jobs_at_once" in refused.value.details
    assert training.status_code == 403
    assert next_one.slot is not None


async def test_readable_names_are_each_accounts_own_and_numbered_where_they_clash(studio: World, ada: User, eve: User) -> None:
    jobs = studio.other.platform.job_parts.jobs

    made = await asyncio.gather(*(start(studio, ada, slug="rsi_AAPL") for _ in range(3)))
    others = await start(studio, eve, slug="rsi_AAPL")

    assert {job.slug for job in made} == {job.name for job in made} == {"rsi_AAPL", "rsi_AAPL-2", "rsi_AAPL-3"}
    assert (await jobs.named("rsi_AAPL", account_id=eve.account_id, kind=JobKind.BACKTEST)).id == others.id
    assert {(await jobs.named(f"rsi_AAPL{end}", account_id=ada.account_id, kind=JobKind.BACKTEST)).id for end in ("", "-2", "-3")} == {
        job.id for job in made
    }
    with pytest.raises(JobNotFoundError):
        await jobs.named("rsi_AAPL-2", account_id=eve.account_id, kind=JobKind.BACKTEST)


async def test_another_accounts_job_is_not_there(studio: World, ada: User, eve: User) -> None:
    job = await start(studio, ada)

    with pytest.raises(JobNotFoundError):
        await studio.gateway.platform.job_parts.stop(job.id, account_id=eve.account_id)
    assert (await studio.gateway.platform.job_parts.jobs.find(eve.account_id, Part(10), JobFilter(JobKind.BACKTEST))).count == 0


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"symbol": "NOPE"}, "NOPE"),
        ({"timeframe": "15m"}, "AAPL has candles of 1d"),
        ({"end_date": "1970-01-01"}, "from 2000-03-01 to 2013-03-01"),
        ({"start_date": "1999-12-31", "end_date": "2012-12-31"}, "from 2000-03-01 to 2013-03-01"),
        ({"start_date": "2012-12-29", "end_date": "2012-12-30"}, "The last day with candles before is 2012-12-28. The first day with"),
    ],
)
async def test_a_job_that_cannot_be_done_is_refused_before_anything_is_reserved(
    studio: World, ada: User, spec: dict[str, Any], said: str
) -> None:
    with pytest.raises(PlatformError, match=said):
        await start(studio, ada, **spec)

    assert (await studio.gateway.platform.job_parts.jobs.find(ada.account_id, Part(10), JobFilter(JobKind.BACKTEST))).count == 0


async def test_the_job_that_one_is_a_part_of_is_shown_by_each_face_and_of_no_other(studio: World, ada: User) -> None:
    whole = await start(studio, ada, slug="walk")
    part = await start(studio, ada, parent=whole.id)
    order = Order(kind=JobKind.TRAIN, model_id=await ada.make_model(), parent=whole.id)
    training = (await studio.gateway.platform.job_parts.start(order, caller=caller_of(ada), work=Work())).job

    shown = [
        await ada.get(f"/training-jobs/{training.id}/"),
        (await ada.get("/training-jobs/"))["results"][0],
        (await ada.http.get(f"/api/tasks/{part.id}")).json(),
        (await ada.http.get(f"/api/tasks/{training.id}")).json(),
    ]
    alone = (await ada.http.get(f"/api/tasks/{whole.id}")).json()

    assert [each["parent_id"] for each in shown] == [whole.id] * 4
    assert "parent_id" not in alone
    assert "parent_id" not in await ada.get(f"/training-jobs/{await ada.train(await ada.make_model(name='Alone'))}/")
    assert (await studio.training.heard(training.id)).parent == whole.id
