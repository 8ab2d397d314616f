"""A day of many accounts on few runners, with made-up time and the real order: fair, and nobody is forgotten."""

from collections import Counter
from datetime import timedelta
from statistics import median

import pytest

from tests.bench.queue import FLOODING, Asked, Done, demand, flood, simulate

JOBS = 2_000
RUNNERS = 24


@pytest.fixture(scope="module")
def asked() -> list[Asked]:
    return demand(jobs=JOBS, accounts=100, hours=18, seed=3)


@pytest.fixture(scope="module")
def flooded(asked: list[Asked]) -> list[Done]:
    """The same day, on which one account asks for 200 jobs at noon."""
    return simulate(sorted([*asked, *flood(at=timedelta(hours=9), jobs=200)], key=lambda each: each.at), runners=RUNNERS)


def test_every_job_is_run_once_and_nobody_is_forgotten_on_too_few_runners(asked: list[Asked]) -> None:
    done = simulate(asked, runners=RUNNERS // 2)

    assert Counter((each.account, each.ran) for each in done) == Counter((each.account, each.runs) for each in asked)
    # Its longest wait is no longer than the whole cluster is behind.
    behind = max(each.asked + each.waited for each in done) - max(each.at for each in asked)
    assert max(each.waited for each in done) < behind


def test_who_floods_the_queue_waits_themselves(asked: list[Asked], flooded: list[Done]) -> None:
    before = [each.waited for each in simulate(asked, runners=RUNNERS)]

    others = [each.waited for each in flooded if each.account != FLOODING]
    own = [each.waited for each in flooded if each.account == FLOODING]

    assert median(own) > 4 * median(others)
    assert median(others) - median(before) < timedelta(minutes=5)
