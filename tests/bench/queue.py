"""A simulation of the queue of jobs: who waits how long when many accounts ask for more than the cluster can run.

Time is made up, the order is not: it is the one that the training service takes jobs in (`services/training/domain/queue.py`), asked the
way it asks (`queue_mongo.py`): of accounts without a running job the oldest by priority, of the others the oldest of each priority.
"""

import heapq
import random
from bisect import insort
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any, Final

from libs.contracts.training import Priority
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.tier_limits import DEFAULTS, PRIORITIES, Limit
from services.training.domain.queue import Waiting, in_order
from services.training.outbound.queue_mongo import CANDIDATES

BEGAN: Final = datetime(2026, 1, 1, tzinfo=UTC)
SHARES: Final = {Tier.FREE: 0.80, Tier.PRO: 0.16, Tier.ELITE: 0.04}
# A training's minutes: most are short, a few take hours (log-normal, mean about 16).
MINUTES_MU, MINUTES_SIGMA = 2.0, 1.25
FLOODING: Final = "account-flood"


@dataclass(frozen=True, slots=True)
class Done:
    """A job that was run: when it was asked for, how long it waited and ran."""

    account: str
    tier: Tier
    priority: Priority
    asked: datetime
    waited: timedelta
    ran: timedelta


@dataclass(frozen=True, slots=True)
class Asked:
    """A job that an account will ask for as soon as its limit of jobs at once allows it."""

    at: datetime
    account: str
    tier: Tier
    priority: Priority
    runs: timedelta


class Cluster:
    """Runners, the queue in front of them, and what each account has under way."""

    def __init__(self, runners: int) -> None:
        self.free = runners
        self.now = BEGAN
        self.lines: dict[tuple[str, Priority], deque[tuple[Waiting, Asked]]] = defaultdict(deque)
        self.fronts: dict[Priority, list[tuple[datetime, str, str]]] = {priority: [] for priority in Priority}
        self.running: Counter[str] = Counter()
        self.under_way: Counter[str] = Counter()
        self.numbers = iter(range(10**9))

    def queue(self, asked: Asked) -> None:
        """Put a job at the end of its account's line."""
        waiting = Waiting(
            job_id=f"job_{next(self.numbers):09}", account_id=asked.account, priority=asked.priority, since=max(asked.at, self.now)
        )
        line = self.lines[asked.account, asked.priority]
        line.append((waiting, asked))
        self.under_way[asked.account] += 1
        if len(line) == 1:
            insort(self.fronts[asked.priority], (waiting.since, waiting.job_id, asked.account))

    def take_next(self) -> tuple[Waiting, Asked] | None:
        """Take the next job out of the queue, None when none waits."""
        candidates = list(self._candidates())
        if not candidates:
            return None
        first = in_order(candidates, running=self.running, at=self.now)[0]
        line, fronts = self.lines[first.account_id, first.priority], self.fronts[first.priority]
        fronts.remove((first.since, first.job_id, first.account_id))
        taken = line.popleft()
        if line:
            following = line[0][0]
            insort(fronts, (following.since, following.job_id, following.account_id))
        return taken

    def _candidates(self) -> Iterator[Waiting]:
        for priority in Priority:
            of_free = 0
            for since, job_id, account in self.fronts[priority]:
                if self.running[account]:
                    yield Waiting(job_id=job_id, account_id=account, priority=priority, since=since)
                elif of_free < CANDIDATES:
                    of_free += 1
                    yield Waiting(job_id=job_id, account_id=account, priority=priority, since=since)


def demand(*, jobs: int, accounts: int, hours: float, seed: int) -> list[Asked]:
    """Return what accounts will ask for: some ask all day, most now and then, each with the priorities that its tier has."""
    chance = random.Random(seed)
    tiers = [tier for tier, share in SHARES.items() for _ in range(round(accounts * share))]
    eager = [chance.paretovariate(1.2) for _ in tiers]
    asked = []
    for number in chance.choices(range(len(tiers)), weights=eager, k=jobs):
        tier = tiers[number]
        priority = chance.choice(PRIORITIES[tier])
        at = BEGAN + timedelta(hours=chance.uniform(0, hours))
        runs = timedelta(minutes=min(chance.lognormvariate(MINUTES_MU, MINUTES_SIGMA), 60.0 * DEFAULTS[Limit.HOURS][tier]))
        asked.append(Asked(at, f"account-{number:04}", tier, priority, runs))
    return sorted(asked, key=lambda each: each.at)


def simulate(asked: list[Asked], *, runners: int) -> list[Done]:
    """Run all jobs on so many runners and return how each fared.

    A job over its account's limit of jobs at once is refused by the gateway: its account asks again when one of its jobs has ended, and
    its waiting counts from then.
    """
    cluster, done = Cluster(runners), list[Done]()
    ends: list[tuple[datetime, int, str]] = []
    held: dict[str, deque[Asked]] = defaultdict(deque)
    coming = deque(asked)
    while coming or ends:
        if coming and (not ends or coming[0].at <= ends[0][0]):
            new = coming.popleft()
            cluster.now = new.at
            is_allowed = cluster.under_way[new.account] < DEFAULTS[Limit.JOBS][new.tier]
            cluster.queue(new) if is_allowed else held[new.account].append(new)
        else:
            cluster.now, _, account = heapq.heappop(ends)
            cluster.free += 1
            cluster.running[account] -= 1
            cluster.under_way[account] -= 1
            if held[account]:
                cluster.queue(held[account].popleft())
        while cluster.free and (taken := cluster.take_next()) is not None:
            waiting, job = taken
            cluster.free -= 1
            cluster.running[job.account] += 1
            heapq.heappush(ends, (cluster.now + job.runs, len(done), job.account))
            done.append(Done(job.account, job.tier, job.priority, waiting.since, cluster.now - waiting.since, job.runs))
    return done


def flood(*, at: timedelta, jobs: int) -> list[Asked]:
    """Return what one account of the highest tier asks for at one moment."""
    return [Asked(BEGAN + at, FLOODING, Tier.ELITE, Priority.HIGH, timedelta(minutes=15)) for _ in range(jobs)]


def measure_queue(*, jobs: int = 10_000, accounts: int = 500, seed: int = 7) -> dict[str, Any]:
    """Return minutes waited on a cluster that is large enough, on one that is too small, and when one account floods the first."""
    asked = demand(jobs=jobs, accounts=accounts, hours=18, seed=seed)
    flooded = sorted([*asked, *flood(at=timedelta(hours=9), jobs=jobs // 10)], key=lambda each: each.at)
    enough, too_few = round(jobs * 0.0128), round(jobs * 0.0096)
    found = {f"{runners} runners": simulate(asked, runners=runners) for runners in (enough, too_few)}
    rows = {f"{place}: {name}": row for place, done in found.items() for name, row in _by_kind(done).items()}
    hit = simulate(flooded, runners=enough)
    return rows | {
        f"{enough} runners, flooded: who floods": minutes_waited([each for each in hit if each.account == FLOODING]),
        f"{enough} runners, flooded: all others": minutes_waited([each for each in hit if each.account != FLOODING]),
    }


def _by_kind(done: list[Done]) -> dict[str, dict[str, float]]:
    rows = {"all": done} | {f"tier {tier}": [each for each in done if each.tier is tier] for tier in Tier}
    rows |= {f"priority {priority}": [each for each in done if each.priority is priority] for priority in Priority}
    return {name: minutes_waited(part) for name, part in rows.items() if part}


def minutes_waited(done: list[Done]) -> dict[str, float]:
    """Return the median, the 95th percentile and the longest of minutes waited, and how many jobs that were."""
    waited = sorted(each.waited / timedelta(minutes=1) for each in done)
    return {
        "jobs": len(waited),
        "p50_min": round(median(waited), 1),
        "p95_min": round(waited[int(len(waited) * 0.95)], 1),
        "max_min": round(waited[-1], 1),
    }
