"""Chaos while jobs run: processes are killed at random points, then everything is checked to have come out right."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from libs.contracts.money import MICRO_HOUR
from tests.journeys.books import charged_hours, credit_problems, dead_letters, ends_by_job, lag, unpublished
from tests.journeys.customer import Customer, small_model
from tests.journeys.platform import SERVICES, Platform
from tests.waiting import until

ALGORITHMS = ("RANDOM_FOREST", "EXTRA_TREES", "XGBOOST", "LIGHTGBM", "LOGISTIC_REGRESSION")
FREEZABLE = ("kafka", "mongodb", "redis")
FROZEN_S = 15
GROUPS = {
    "modelbourse.gateway": ["training.requested", "training.progressed", "training.completed", "training.failed", "training.cancelled"],
    "modelbourse.training": ["training.requested", "training.cancel_requested"],
    "modelbourse.inference": ["training.completed"],
    "modelbourse.marketplace": ["training.requested", "training.completed", "training.failed", "training.cancelled"],
}


@dataclass
class Storm:
    """What a run of chaos did and found."""

    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    freezes: Counter[str] = field(default_factory=Counter)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def outcomes(self) -> Counter[str]:
        """How many jobs ended in which status."""
        return Counter(job["status"] for job in self.jobs)


async def run_chaos(
    platform: Platform,
    *,
    jobs: int,
    kills: int,
    seed: int,
    victims: Sequence[str] = (*SERVICES, "actor"),
    every: tuple[float, float] = (0.5, 3.0),
    freezes: int = 0,
    over: float = 2.0,
) -> Storm:
    """Start jobs, kill and freeze processes while they run, wait for all jobs to end, and fail on anything lost, doubled or stuck.

    The jobs are started at random within the first `over` seconds.
    """
    choice, storm, began = random.Random(seed), Storm(seed), time.monotonic()
    customers = [await Customer(platform.gateway).sign_up() for _ in range(3)]
    ended = asyncio.Event()
    killing = asyncio.gather(
        _kill(platform, storm, choice=choice, kills=kills, victims=victims, every=every, ended=ended),
        _freeze(platform, storm, choice=random.Random(seed + 1), freezes=freezes),
    )
    try:
        owned = await asyncio.gather(*(_start(customers[number % 3], number, choice=choice, over=over) for number in range(jobs)))
        storm.jobs = await asyncio.gather(*(customer.ended(job_id, within=1800) for customer, job_id in owned))
        ended.set()
        await killing
    finally:
        killing.cancel()
    await check_everything(platform, storm, customers=customers)
    for customer in customers:
        await customer.close()
    storm.seconds = time.monotonic() - began
    return storm


async def check_everything(platform: Platform, storm: Storm, *, customers: Sequence[Customer]) -> None:
    """Fail unless every job ended once, credits balance to the last digit, and no message is stuck."""
    status = platform.status()
    accounts = [customer.account_id for customer in customers]

    async def settled() -> bool:
        return not await credit_problems(status["mongodb"], accounts=accounts) and not await unpublished(status["mongodb"])

    try:
        await until(settled, what="credits settled and events published", within=120)
    except AssertionError:
        problems = await credit_problems(status["mongodb"], accounts=accounts), await unpublished(status["mongodb"])
        raise AssertionError(*problems, await dead_letters(status["kafka"])) from None
    await until(lambda: _no_lag(status["kafka"]), what="every message handled", within=120)
    assert await dead_letters(status["kafka"]) == []
    ends = await ends_by_job(status["kafka"])
    assert {job["id"]: len(ends.get(job["id"], ())) for job in storm.jobs} == {job["id"]: 1 for job in storm.jobs}
    for job in storm.jobs:
        assert job["status"] in {"COMPLETED", "CANCELLED"}, job
        charged = await charged_hours(status["mongodb"], job_id=job["id"])
        assert charged == Decimal(str(job["compute_hours"])).quantize(MICRO_HOUR), (charged, job)


async def _no_lag(kafka: str) -> bool:
    return not await lag(kafka, groups=GROUPS)


async def _start(customer: Customer, number: int, *, choice: random.Random, over: float) -> tuple[Customer, str]:
    algorithm = ALGORITHMS[number % len(ALGORITHMS)]
    await asyncio.sleep(choice.random() * over)
    model_id = await customer.make_model(small_model(f"chaos {number}", algorithm=algorithm))
    job_id = await customer.train(model_id)
    if number % 7 == 6:  # every seventh is cancelled half-way
        await customer.persist("POST", f"/api/ai-studio/training-jobs/{job_id}/cancel/", accept={200, 400, 504})
    return customer, job_id


async def _kill(
    platform: Platform,
    storm: Storm,
    *,
    choice: random.Random,
    kills: int,
    victims: Sequence[str],
    every: tuple[float, float],
    ended: asyncio.Event,
) -> None:
    """Kill each victim once, in a random order, then whoever comes; of a service with replicas any of them."""
    turns = choice.sample(sorted(set(victims)), len(set(victims)))
    while sum(storm.kills.values()) < kills:
        await asyncio.sleep(choice.uniform(*every))
        name = turns.pop(0) if turns else choice.choice(list(victims))
        pid = await (
            _kill_an_actor(platform, choice, ended=ended) if name == "actor" else asyncio.to_thread(platform.kill_one_of, name, choice)
        )
        if pid is not None:
            storm.kills[name] += 1
        elif turns:
            turns.append(name)


async def _kill_an_actor(platform: Platform, choice: random.Random, *, ended: asyncio.Event) -> int | None:
    """Kill a runner at work as soon as there is one; None when all jobs have ended before."""
    while (pid := await asyncio.to_thread(platform.kill_an_actor, choice)) is None and not ended.is_set():  # noqa: ASYNC110  # Ray tells nobody
        await asyncio.sleep(0.1)
    return pid


async def _freeze(platform: Platform, storm: Storm, *, choice: random.Random, freezes: int) -> None:
    """Freeze the servers in turn, each for as long as an outage takes."""
    for number in range(freezes):
        await asyncio.sleep(choice.uniform(10, 40))
        name = FREEZABLE[number % len(FREEZABLE)]
        if platform.pid(name) is None:
            continue  # Killed a moment ago, and not back yet.
        with platform.frozen(name):
            await asyncio.sleep(FROZEN_S)  # The outage itself.
        storm.freezes[name] += 1
