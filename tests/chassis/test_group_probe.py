"""How far groups are behind, as the broker says: also when nobody is in them any more."""

from contextlib import AsyncExitStack

from aiokafka.errors import GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError

from libs.chassis.bus.group_probe import GroupProbe, GroupState
from libs.chassis.bus.handlers import Facts
from libs.contracts.training import TrainingCancelRequested
from tests.chassis.buses import bus_settings, kafka_bus, wanted
from tests.conftest import Kafka
from tests.waiting import until


async def test_a_group_whose_members_all_went_is_seen_with_all_that_waits_for_it(
    kafka: Kafka, namespace: str, opened: AsyncExitStack
) -> None:
    settings = bus_settings(kafka.bootstrap, namespace=namespace)
    facts, heard = Facts(), []

    @facts.on(TrainingCancelRequested)
    async def on_wanted(event: TrainingCancelRequested) -> None:
        heard.append(event.job_id)

    group, probe = f"{settings.namespace}.modelbourse.training", GroupProbe(settings)
    opened.push_async_callback(probe.aclose)
    teller = kafka_bus(settings, service="gateway", instance="gateway-1")
    await opened.enter_async_context(teller.running(asks=True))

    async def stands(lag: int, members: int) -> bool:
        try:
            return (await probe.look())[group] == GroupState(lag, members)
        except (GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError):
            return False  # A broker that never had a group makes the topic for them first.

    await until(lambda: stands(0, 0), what="a group that never had a member")

    async with kafka_bus(settings, service="training", instance="training-1").running(facts=facts):
        await until(lambda: stands(0, 1), what="a member")
        for job in ("job_1", "job_2"):
            await teller.publish(wanted(job))
        await until(lambda: stands(0, 1), what="both handled")
    for job in ("job_3", "job_4", "job_5"):
        await teller.publish(wanted(job))

    assert len(heard) == 2
    await until(lambda: stands(3, 0), what="what waits for nobody")
