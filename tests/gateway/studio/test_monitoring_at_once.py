"""Models that are watched, where something else happens in the same moment: what is known last counts, whoever writes last."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from libs.contracts.envelope import now
from libs.contracts.jobs import JobFailed
from libs.contracts.model_monitoring import ModelDrifted
from libs.contracts.training import JobError
from services.gateway.domain.accounts.account import Role, Tier
from services.gateway.domain.accounts.caller import Caller, scopes_of
from services.gateway.domain.monitoring.errors import SnapshotNotDoneYetError
from services.gateway.domain.monitoring.snapshot import Snapshot
from services.gateway.domain.monitoring.watch import Watch
from services.gateway.domain.work import Work
from services.gateway.usecases.monitoring.ask_snapshot import SnapshotAsked
from services.gateway.usecases.monitoring.watch_models import WatchModels
from tests.gateway.studio.meanwhile import Meanwhile, once
from tests.gateway.studio.watching import BEGAN, ask, complete, found, heard, snapshot, watched
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def give(user: User, model_id: str, stage: str) -> None:
    """Give a model's version a stage, and wait until it is watched as that wants."""
    await user.call("PATCH", f"/models/{model_id}/versions/1.0/", {"stage": stage})
    await watched(user, model_id, in_production=stage == "production")


async def failed(studio: World, job_id: str) -> None:
    """Let a snapshot's job fail."""
    await heard(studio, job_id)
    about = {"started_at": BEGAN, "ended_at": BEGAN, "compute_hours": Decimal(0), "attempts": 1, "logs": ()}
    error = JobError(type="NoCandlesError", message="AAPL has no candles since.")
    await studio.training.again(JobFailed(**studio.training.of_job(job_id), **about, error=error))


async def the_turn(studio: World, user: User, model_id: str, *, at: datetime, **ports: Any) -> WatchModels:
    """Return what takes one turn of a model, due at a moment, which no other gateway sees; `ports` take the place of its own."""
    turns = studio.gateway.platform.watching.turns
    watch = replace(await turns.watches.get(model_id, account_id=user.account_id), next_at=at)
    watches: Any = Meanwhile(turns.watches, take=once(watch))
    return replace(turns, watches=watches, **ports)


async def watch_of(studio: World, user: User, model_id: str) -> Watch:
    return await studio.gateway.platform.watching.turns.watches.get(model_id, account_id=user.account_id)


async def ended(studio: World, job_id: str) -> bool:
    """Tell whether a job is seen to have ended, as it is after all that it has changed."""
    return (await studio.gateway.platform.jobs.get(job_id, account_id=None, kind=None)).state.ended


async def test_a_stage_that_is_given_while_rules_are_written_is_watched(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    rules = studio.gateway.platform.watching.use.rules
    models: Any = Meanwhile(rules.models, lambda _: give(ada, model_id, "production"))

    written = await replace(rules, models=models)(model_id, {"cooldown": "2h"}, account_id=ada.account_id)
    after = await watched(ada, model_id)

    assert (written.in_production, after["in_production"], after["rules"]["cooldown"]) == (True, True, "2h")
    assert after["next_at"] is not None


async def test_a_stage_that_is_given_while_a_turn_finds_none_is_watched(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    await give(ada, model_id, "production")
    await give(ada, model_id, "staging")
    models: Any = Meanwhile(studio.gateway.platform.models, lambda _: give(ada, model_id, "production"))

    started = await (await the_turn(studio, ada, model_id, at=now(), models=models))()

    after = await watch_of(studio, ada, model_id)
    assert (started, after.in_production, after.next_at is not None) == (0, True, True)


async def test_a_look_that_fails_before_its_turn_is_written_down_does_not_count_as_seen(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    await give(ada, model_id, "production")

    async def fails(begun: Snapshot) -> None:
        assert begun.job_id is not None
        await failed(studio, begun.job_id)
        await snapshot(ada, model_id, begun.id, status="failed")
        await until(partial(ended, studio, begun.job_id), what=f"the end of {begun.job_id}")

    snapshots: Any = Meanwhile(studio.gateway.platform.watching.stores.snapshots, fails)
    await (await the_turn(studio, ada, model_id, at=now(), snapshots=snapshots))()
    first = (await watch_of(studio, ada, model_id)).last
    again = await (await the_turn(studio, ada, model_id, at=now() + timedelta(minutes=1)))()

    assert first is not None
    assert (first.reads, first.reason) == (None, f"{first.job_id} has taken no snapshot.")
    assert again == 1  # The same rows: nobody has seen them.


async def test_a_look_that_fails_after_a_turn_was_passed_over_because_of_it_does_not_count_as_seen(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    await give(ada, model_id, "production")
    turns = [await (await the_turn(studio, ada, model_id, at=now()))()]
    first = (await watch_of(studio, ada, model_id)).last
    assert first is not None
    assert first.job_id is not None
    turns.append(await (await the_turn(studio, ada, model_id, at=now() + timedelta(minutes=1)))())

    await failed(studio, first.job_id)
    await until(partial(ended, studio, first.job_id), what=f"the end of {first.job_id}")
    turns.append(await (await the_turn(studio, ada, model_id, at=now() + timedelta(minutes=2)))())

    assert turns == [1, 0, 1]


async def test_a_turn_that_died_and_is_taken_again_after_its_job_has_failed_says_so_and_looks_again(studio: World, ada: User) -> None:
    model_id, at = await studio.trained(ada), now()
    await give(ada, model_id, "production")
    turns, watch = studio.gateway.platform.watching.turns, await watch_of(studio, ada, model_id)
    model = await studio.gateway.platform.models.get(model_id, account_id=ada.account_id)
    spec = await turns.ask.spec(model, watch, asked=SnapshotAsked(), unasked=True)
    caller = Caller(ada.account_id, "ada", Role.USER, Tier.ELITE, scopes_of(Role.USER), credential="schedule")
    work = Work(f"monitor|{model_id}|{at.isoformat()}", int(at.timestamp() * 1000))
    job = await turns.ask.begin(model, spec, caller=caller, work=work)
    await failed(studio, job.id)
    await snapshot(ada, model_id, work.new_id("snap"), status="failed")

    await (await the_turn(studio, ada, model_id, at=at))()
    first = (await watch_of(studio, ada, model_id)).last
    again = await (await the_turn(studio, ada, model_id, at=at + timedelta(minutes=1)))()

    assert first is not None
    assert (first.job_id, first.reads, first.reason) == (job.id, None, f"{job.id} has taken no snapshot.")
    assert again == 1


async def test_whoever_is_told_of_alerts_sees_their_snapshot_done_and_what_is_done_is_not_failed_late(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    asked, watching = await ask(ada, model_id), studio.gateway.platform.watching
    coming = await watching.stores.snapshots.of_job(asked["job_id"], account_id=ada.account_id)
    event = ModelDrifted(
        sequence=1, model_id=model_id, account_id=ada.account_id, version="1.0", snapshot_id=asked["id"], alerts=(), open=0
    )

    with pytest.raises(SnapshotNotDoneYetError):
        await watching.turns.told(event)
    await complete(studio, asked["job_id"], found(rsi=0.5), at=now())
    await snapshot(ada, model_id, asked["id"])
    await watching.turns.told(event)
    await watching.turns.told(event.model_copy(update={"snapshot_id": "snap_gone"}))

    assert not await watching.stores.snapshots.save(coming.failed("It was cancelled.", at=now()))
    assert (await snapshot(ada, model_id, asked["id"]))["status"] == "done"
