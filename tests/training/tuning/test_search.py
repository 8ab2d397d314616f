"""The search by itself: which trials there are depends on the seed and on nothing that a clock decides."""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np
import pytest

from libs.chassis.errors import InvalidError, UnavailableError
from libs.contracts.tuning import SearchRange
from services.training.tuning.rows import Row
from services.training.tuning.search import Plan, Search
from services.training.tuning.space import Space
from services.training.tuning.work import Outcome

SPACE = Space.of(
    {
        "depth": SearchRange(type="int", min=1, max=8),
        "rate": SearchRange(type="float", min=0.0001, max=0.1, log=True),
        "batch": SearchRange(type="int", values=(128, 32, 64)),
        "rule": SearchRange(type="categorical", values=("sqrt", None)),
    }
)


class Bowl:
    """Work that is done when somebody waits for it: newest first, as if the later trials were the faster ones. Best at depth 3, rate 0.01."""

    steps = 3

    def __init__(self, *, fails: Callable[[Mapping[str, Any]], bool] = lambda _: False, error: Exception | None = None) -> None:
        self.tried: list[Mapping[str, Any]] = []
        self._fails, self._error = fails, error or InvalidError("too deep")

    def begin(self, point: Mapping[str, Any], *, step: int) -> Future[Any]:
        done: Future[Any] = Future()
        if step == 0:
            self.tried.append(point)
        if self._fails(point):
            done.set_exception(self._error)
        else:
            done.set_result((point["depth"] - 3) ** 2 + abs(point["rate"] - 0.01) + step * 0.1)
        return done

    def so_far(self, done: Sequence[float]) -> float | None:
        return sum(done) / len(done)

    def outcome(self, done: Sequence[float]) -> Outcome:
        value = sum(done) / len(done)
        return Outcome(values=(value,), metrics={"val_loss": value})

    def stop(self) -> None:
        """Nothing runs."""


def plan(**other: Any) -> Plan:
    usual = {"sampler": "tpe", "pruner": "none", "seed": 7, "trials": 24, "parallel": 3}
    return Plan(space=SPACE, directions=("minimize",), **usual | other)


def searched(asked: Plan, *, work: Bowl | None = None, rows: Sequence[Row] = (), kept: list[str] | None = None) -> Search:
    def keep(now: Sequence[Row]) -> None:
        if kept is not None:
            kept.append(json.dumps([row.as_json() for row in now]))

    search = Search(asked, work=work or Bowl(), rows=rows, keep=keep)
    search.run()
    return search


def points(search: Search) -> list[tuple[Any, ...]]:
    return [(row.number, tuple(row.point.items()), row.status, row.values) for row in search.rows]


@pytest.mark.parametrize(
    ("sampler", "pruner"),
    [("tpe", "none"), ("cmaes", "none"), pytest.param("gp", "none", marks=pytest.mark.soak), ("tpe", "hyperband"), ("random", "median")],
)
def test_whoever_goes_on_from_any_moment_of_a_search_tries_what_the_search_would_have_tried(sampler: str, pruner: str) -> None:
    kept: list[str] = []
    asked = plan(sampler=sampler, pruner=pruner, trials=14 if sampler == "gp" else 24)
    whole = searched(asked, kept=kept)

    for moment in (kept[3], kept[-4]):
        gone_on = searched(asked, rows=[Row.from_json(each) for each in json.loads(moment)])
        assert points(gone_on) == points(whole)


def test_another_seed_tries_other_points_and_every_value_is_one_that_was_asked_for() -> None:
    one, other = searched(plan(sampler="random")), searched(plan(sampler="random", seed=8))

    assert points(one) != points(other)
    for row in one.rows:
        assert 1 <= row.point["depth"] <= 8
        assert 0.0001 <= row.point["rate"] <= 0.1
        assert row.point["batch"] in {32, 64, 128}
        assert row.point["rule"] in {"sqrt", None}


def test_a_search_that_is_extended_keeps_its_trials_and_adds_to_them() -> None:
    first = searched(plan(trials=10))

    more = searched(plan(trials=15), rows=first.rows)

    assert points(more)[:10] == points(first)
    assert len(more.rows) == 15


def test_a_search_that_ended_early_and_is_extended_has_its_patience_anew() -> None:
    first = searched(plan(trials=40, patience=5, sampler="random"))
    ended = len(first.rows)

    more = searched(plan(trials=80, patience=5, sampler="random", counted_from=ended), rows=first.rows)

    assert ended < 40
    assert ended + 5 <= len(more.rows)
    assert points(more)[:ended] == points(first)


def test_what_a_library_raises_fails_its_trial_and_not_the_search() -> None:
    work = Bowl(fails=lambda point: point["depth"] > 4, error=np.linalg.LinAlgError("Singular matrix"))

    search = searched(plan(sampler="random"), work=work)

    assert {row.reason for row in search.rows if row.status == "failed"} == {"LinAlgError: Singular matrix"}
    assert len(search.rows) == 24
    with pytest.raises(UnavailableError):
        searched(plan(), work=Bowl(fails=lambda _: True, error=UnavailableError("the store is away")))


def test_a_grid_is_walked_once_and_then_ends() -> None:
    space = Space.of(
        {"depth": SearchRange(type="int", min=1, max=7, step=2), "rate": SearchRange(type="float", min=0.0, max=0.2, step=0.1)}
    )
    work = Bowl()
    search = Search(
        Plan(space=space, directions=("minimize",), sampler="grid", pruner="none", seed=1, trials=50, parallel=2),
        work=work,
        rows=[],
        keep=lambda _: None,
    )

    assert search.run() == "grid"
    assert sorted((p["depth"], round(p["rate"], 9)) for p in work.tried) == [(d, r) for d in (1, 3, 5, 7) for r in (0.0, 0.1, 0.2)]
    with pytest.raises(InvalidError, match="rate: a grid needs its `values`, or a `step`"):
        searched(plan(sampler="grid"))


def test_a_point_that_was_measured_once_is_not_measured_again() -> None:
    work = Bowl()
    space = Space.of({"depth": SearchRange(type="int", min=1, max=3), "rate": SearchRange(type="float", values=(0.01,))})

    search = Search(
        Plan(space=space, directions=("minimize",), sampler="tpe", pruner="none", seed=1, trials=20, parallel=1),
        work=work,
        rows=[],
        keep=lambda _: None,
    )
    search.run()

    assert len(work.tried) == 3
    assert len(search.rows) == 20
    assert len({(row.point["depth"], row.values) for row in search.rows}) == 3


def test_a_search_ends_when_so_many_trials_in_a_row_were_no_better() -> None:
    search = searched(plan(sampler="random", trials=500, patience=5, min_delta=0.01))

    values = [row.values[0] for row in search.rows if row.values]
    best = min(values)
    assert len(search.rows) < 500
    assert min(values[:-5]) <= best + 0.01
    assert all(row.status != "running" for row in search.rows)


def test_what_a_pruner_ends_has_seen_fewer_folds_and_says_so() -> None:
    search = searched(plan(sampler="random", pruner="median", trials=30))

    pruned = [row for row in search.rows if row.status == "pruned"]
    assert pruned
    assert all(row.values is None and row.reason == "after 1 of 3 folds" for row in pruned)
    assert min((row.values or (99.0,))[0] for row in search.rows) < 1


def test_a_combination_that_a_learner_refuses_is_a_failed_trial_and_only_where_all_are_is_there_nothing_to_search() -> None:
    search = searched(plan(), work=Bowl(fails=lambda point: point["depth"] > 5))

    failed = [row for row in search.rows if row.status == "failed"]
    assert failed
    assert all(row.point["depth"] > 5 and row.reason == "too deep" for row in failed)
    with pytest.raises(InvalidError, match=r"None of .* trials could be measured\. too deep"):
        searched(plan(), work=Bowl(fails=lambda _: True))
