"""Predictions beside the limit of the machine: ourselves and others in turn, round after round, in ratios that hold on any machine."""

import contextlib
import json
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from deploy.local.story import FEATURES
from tests.bench.bare import bare_shape, write_model
from tests.bench.contestants import Contestant, Rounds, play
from tests.bench.rivals import MISSING, mlflow_server, rivals_are_there
from tests.bench.usage import processes
from tests.journeys.platform import Platform

ROWS = 2000
WARM_UP = 3000
ROUNDS = 5
# Requests a round, by how many are under way at a time.
LOADS = {1: 300, 16: 1500, 64: 3000}
# Where a feature's values lie: RSI in percent, MACD's signal line as a share of the price, the others about what they are beside.
SPREADS = {
    "rsi_14": (5.0, 95.0),
    "macd_signal": (-0.05, 0.05),
    "bollinger_position": (-0.3, 1.3),
    "volume_ma_ratio": (0.2, 3.0),
    "price_ma_50_ratio": (0.8, 1.25),
}


def measure_predictions(platform: Platform, *, token: str, model_id: str, folder: Path) -> dict[str, Any]:
    """Return what a prediction takes here, what it takes the bare shape and MLflow's server, and the ratios beside their targets."""
    bodies = different_bodies()
    model, classes = write_model(platform, folder)
    rows: dict[str, Any] = {"mlflow": MISSING}
    with contextlib.ExitStack() as stack:
        field = [_ours(platform, token=token, model_id=model_id)]
        field.append(stack.enter_context(bare_shape(platform, bodies[0], model=model, classes=classes)))
        if rivals_are_there():
            server, rows["mlflow"] = stack.enter_context(mlflow_server(model, bodies, folder=folder))
            field.append(server)
        return rows | rows_of(race(field, bodies))


def different_bodies(*, count: int = ROWS) -> list[bytes]:
    """Return bodies of requests, no two of them alike, the same at every run."""
    chance = random.Random(2000)
    rows = [{name: round(chance.uniform(*SPREADS[name]), 6) for name in FEATURES} for _ in range(count)]
    return [json.dumps({"symbols": ["AAPL"], "features": {"AAPL": row}}).encode() for row in rows]


def race(field: Sequence[Contestant], bodies: Sequence[bytes]) -> dict[int, dict[str, Rounds]]:
    """Return everybody's rounds by concurrency: all are warmed up alike, then take turns, so that a mood of the machine hits each."""
    for contestant in field:
        play(contestant, bodies, concurrency=64, requests=WARM_UP)
    found: dict[int, dict[str, Rounds]] = {}
    for concurrency, full in LOADS.items():
        rounds = found[concurrency] = defaultdict(Rounds)
        for _ in range(ROUNDS):
            for contestant in field:
                requests = contestant.requests(full, concurrency=concurrency)
                rounds[contestant.name].rounds.append(play(contestant, bodies, concurrency=concurrency, requests=requests))
    return found


def rows_of(found: Mapping[int, Mapping[str, Rounds]]) -> dict[str, Any]:
    """Return the table: each one's medians, cores by process at the highest concurrency, and our ratios beside their targets."""
    rows: dict[str, Any] = {f"{name}_c{many}": rounds.row() for many, each in found.items() for name, rounds in each.items()}
    one, full = found[min(found)], found[max(found)]
    rows |= {f"{name}_c{max(found)}_cores": rounds.cores() for name, rounds in full.items()}
    rows |= {
        "c1_p50_times_bare": _at_most(one["predict"].times(one["bare"], "p50_ms"), 1.25),
        "c1_p99_times_bare": _at_most(one["predict"].times(one["bare"], "p99_ms"), 2.0),
        "c64_per_s_times_bare": _at_least(full["predict"].times(full["bare"], "per_s"), 0.55),
        "c64_cpu_a_prediction_times_bare": _at_most(full["predict"].times(full["bare"], "cpu_ms"), 1.6),
    }
    if "mlflow" in full:
        rows["c64_per_s_times_mlflow"] = _at_least(full["predict"].times(full["mlflow"], "per_s"), 2.0)
    return rows


def _ours(platform: Platform, *, token: str, model_id: str) -> Contestant:
    """Return the whole platform but Ray: what it does for a prediction, and what it does beside."""
    named: dict[str, list[psutil.Process]] = {name: [process] for name, process in processes(platform)}
    port = int(platform.gateway.rpartition(":")[2])
    return Contestant("predict", port, f"/api/ai-studio/models/{model_id}/predict/", named, token=token)


def _at_most(measured: float, most: float) -> dict[str, float | str]:
    return {"measured": round(measured, 2), "at_most": most, "": "met" if measured <= most else "NOT MET"}


def _at_least(measured: float, least: float) -> dict[str, float | str]:
    return {"measured": round(measured, 2), "at_least": least, "": "met" if measured >= least else "NOT MET"}
