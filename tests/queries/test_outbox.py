"""The outbox: looking for what is to be published costs nothing where nothing is."""

from libs.chassis.bus.memory import MemoryBroker, MemoryBus
from libs.chassis.stores.mongo import Database
from libs.chassis.stores.outbox import Relay, entry_of
from libs.contracts.examples import EXAMPLES
from libs.contracts.training import TrainingCancelRequested
from tests.queries.profiled import multiply, profiled
from tests.waiting import until


async def test_a_look_at_a_large_collection_with_one_event_pending(database: Database, many: int) -> None:
    jobs, bus = database["jobs"], MemoryBus(MemoryBroker(), service="training", instance="t")
    await jobs.insert_one({"_id": "job", "pending_events": []})
    await multiply(jobs, "job", by=many)
    relay = Relay(bus, collections=[jobs])

    async with relay.running(), profiled(database) as took:
        pending = {"pending_events": entry_of(EXAMPLES[TrainingCancelRequested])}
        await jobs.update_one({"_id": "job_7"}, {"$push": pending})
        relay.wake()
        await until(lambda: jobs.find_one({"_id": "job_7", "pending_events": []}), what="an empty outbox")

    assert took.problems() == []
    assert any("findAndModify" in work.name for work in took.works)
