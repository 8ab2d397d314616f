"""The queue of jobs: who is next is an index look-up, however many wait, run or have ended."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest

from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import Event, now
from libs.contracts.examples import EXAMPLES
from libs.contracts.registry import RegistryChanged
from libs.contracts.training import JobState, Priority, TrainingRequested
from services.training.domain.job import job_from
from services.training.outbound.jobs_mongo import JobsMongo
from services.training.outbound.mirrored_jobs_mongo import MirroredJobsMongo
from services.training.outbound.mirrored_names_mongo import MirroredNamesMongo
from tests.queries.profiled import earlier, multiply, numbered, profiled

RUNNING, KEPT = 30, 40


def ignore(_: Sequence[Event]) -> None:
    """Nobody publishes here."""


@pytest.mark.parametrize("waiting", [10_000, *(pytest.param(many, marks=pytest.mark.soak) for many in (100_000, 1_000_000))])
async def test_each_look_at_the_queue_reads_no_more_than_it_returns(database: Database, waiting: int) -> None:
    jobs, at = JobsMongo(database, lease=timedelta(seconds=10), life=timedelta(days=365), on_write=ignore), now()
    example = EXAMPLES[TrainingRequested]
    assert isinstance(example, TrainingRequested)
    request = example.model_copy(update={"job_id": "job", "account_id": "busy", "occurred_at": at, "reserved_hours": Decimal(1)})
    await jobs.add(job_from(request, traceparent=None, correlation_id=None))
    mirrored = MirroredJobsMongo(database)
    await mirrored.prepare()
    # One account has a tenth of the queue, and is the oldest in it; ten jobs wait for each of the others.
    priorities = {"$arrayElemAt": [[each.value for each in Priority], {"$mod": ["$n", 3]}]}
    documents = database["jobs"]
    await documents.update_one({"_id": "job"}, {"$set": {"at_front": False}})
    await multiply(documents, "job", by=waiting // 10, requested_at=earlier("requested_at", by_s=3), priority=priorities)
    await multiply(documents, "job_1", by=waiting * 9 // 10, account_id=numbered("a", of=waiting // 10), priority=priorities)
    running = {"state": JobState.RUNNING.value, "run": {"owner": "training-1"}, "lease_until": {"$literal": at + timedelta(hours=1)}}
    await multiply(documents, "job_2", by=RUNNING, account_id=numbered("busy", of=2), **running)
    await documents.update_many({"_id": {"$regex": "^job_2_"}, "account_id": "busy0"}, {"$set": {"account_id": "busy"}})
    ended = {"state": JobState.FAILED.value, "at_front": False, "checkpoint_until": earlier("requested_at"), "model_id": numbered("m")}
    ended["ended_at"] = earlier("requested_at")
    await multiply(documents, "job_3", by=KEPT, **ended)
    # Checks of datasets are never shown in MLflow.
    await multiply(documents, "job_4", by=KEPT * 5, kind="validate", state=JobState.SUCCEEDED.value, ended_at=earlier("requested_at"))
    await jobs.prepare()

    async with profiled(database) as took:
        counts = await jobs.running_by_account()
        found = await jobs.waiting(at, running=counts)
        job = await jobs.get(found[0].job_id)
        await jobs.save(job.take_up(runner="r", owner="training-1"))
        await jobs.marked([job.id])
        await jobs.renew([job.id], owner="training-1")
        await jobs.adopt(owner="training-2", following=[])
        await jobs.has_cancellation(job.id, account_id="busy")
        await jobs.hand_over(owner="training-2")
        assert await jobs.resumable(job) is None
        assert len(await jobs.outlived(at)) == KEPT
        claimed = await mirrored.claim(owner="training-1")

    assert claimed is not None
    assert took.problems() == []
    assert len(took.works) >= 12
    assert counts == {"busy": RUNNING // 2, "busy1": RUNNING // 2}
    assert {each.priority for each in found} == set(Priority)


@pytest.mark.parametrize("names", [2_000])
async def test_each_look_at_names_for_mlflow_reads_the_few_that_it_wants(database: Database, names: int) -> None:
    kept = MirroredNamesMongo(database)
    await kept.prepare()
    told = RegistryChanged(sequence=1, registry_id="name", account_id="busy", name="TFT", changed=(), production=None, aliases={})
    await kept.note(told)
    await multiply(database["mirrored_names"], "name", by=names, account_id=numbered("a", of=names // 2), is_due={"$literal": False})

    async with profiled(database) as took:
        await kept.note(told.model_copy(update={"sequence": 2}))
        due = await kept.claim(owner="training-1")
        assert due is not None
        await kept.mirrored(due, owner="training-1")
        await kept.forget_account("a7")

    assert took.problems() == []
