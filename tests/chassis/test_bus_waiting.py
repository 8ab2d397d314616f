"""Events that have to wait for a store or for another event, and what goes on beside them."""

import asyncio
from contextlib import AsyncExitStack

from pymongo.errors import ConnectionFailure

from libs.chassis.bus.dead_letters import DeadLetter
from libs.chassis.bus.delivery import Policy
from libs.chassis.bus.facts import SIDE_BY_SIDE
from libs.chassis.bus.handlers import Facts
from libs.chassis.errors import ErrorKind, PlatformError
from libs.chassis.settings import SharedSettings
from libs.contracts.training import TrainingCancelRequested
from tests.chassis.buses import dead_letters, kafka_bus, wanted
from tests.waiting import until


class UnseenError(PlatformError):
    """What the event is about has not been told yet."""

    kind = ErrorKind.CONFLICT
    code = "not_seen_yet"
    worth_retrying = True

    def __init__(self) -> None:
        super().__init__("not seen yet")


async def test_events_that_must_wait_hold_up_their_own_keys_alone(settings: SharedSettings, opened: AsyncExitStack) -> None:
    heard: list[str] = []
    waiting = [f"job_waiting_{number}" for number in range(SIDE_BY_SIDE + 4)]
    others = [f"job_{number}" for number in range(40)]
    away = set(waiting)
    letters: list[DeadLetter] = []
    facts = Facts()

    @facts.on(TrainingCancelRequested)
    async def on_wanted(event: TrainingCancelRequested) -> None:
        if event.job_id in away:
            raise ConnectionFailure
        heard.append(event.job_id)

    async def on_dead(letter: DeadLetter) -> None:
        letters.append(letter)

    bus = kafka_bus(settings, service="training", instance="training-1", policy=Policy(first_pause_s=0.01, longest_pause_s=0.5))
    async with asyncio.TaskGroup() as starting:
        starting.create_task(opened.enter_async_context(bus.running(facts=facts)))
        starting.create_task(opened.enter_async_context(dead_letters(settings).hearing(on_dead, service="gateway")))

    await asyncio.gather(*(bus.publish(wanted(job)) for job in waiting))
    await asyncio.gather(*(bus.publish(wanted(job)) for job in others))

    await until(lambda: holds(sorted(heard) == sorted(others)), what="all others heard")
    away.clear()
    await until(lambda: holds(set(waiting) <= set(heard)), what="those that waited heard, though their store was away for long")
    assert sorted(heard) == sorted([*others, *waiting])
    assert letters == []


async def test_events_that_wait_for_others_make_way_before_there_is_no_room_left_and_other_accounts_wait_on(
    settings: SharedSettings, opened: AsyncExitStack
) -> None:
    room = 60
    # What waits is soon tried so seldom that it keeps nothing else from running.
    patient = Policy(first_pause_s=0.01, longest_pause_s=1.0, tries=3, passing_s=10_000)
    heard: list[str] = []
    known = {"known"}
    facts = Facts()

    @facts.on(TrainingCancelRequested)
    async def on_wanted(event: TrainingCancelRequested) -> None:
        if event.job_id not in known:
            raise UnseenError
        heard.append(event.job_id)

    bus = kafka_bus(settings, service="training", instance="training-1", policy=patient, room=room)
    await opened.enter_async_context(bus.running(facts=facts))
    few = {f"late_{number}" for number in range(3)}
    await asyncio.gather(*(bus.publish(wanted(job, account="account_2")) for job in few))
    await asyncio.gather(*(bus.publish(wanted(f"unknown_{number}")) for number in range(2 * room)))
    await bus.publish(wanted("known"))

    await until(lambda: holds(heard == ["known"]), what="the event behind those that wait")
    known |= few
    await until(lambda: holds(set(heard) == known), what="the few events of another account, when what they wait for has come")


async def holds(condition: bool) -> bool:
    return condition
