"""A trainer that does what its hyperparameters say: what stories need of time, errors and memory, on both kinds of cluster."""

import hashlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.backtests import BacktestResult, BacktestSpec
from libs.contracts.training import Artifact, ModelType, TrainingResult, TrainingSpec
from services.training.learners.progress import Progress

LONGEST_S = 120
DEAF_ROUNDS = 10**8  # a minute or more
RESULT = {name: {} for name in TrainingResult.model_fields} | {"equity_curve": (), "gate": None}


@dataclass
class Trained:
    artifact: Artifact
    result: TrainingResult


def scripted_or_real(spec: TrainingSpec, **around: Any) -> Any:
    """As `scripted`; with `network`, its hyperparameters, a real LSTM is trained on real candles, `config` is its training_config.

    A spec that has neither a script nor a network is trained as it is: all stories share warm runners, which have one trainer.
    """
    script = spec.hyperparameters
    if "steps" in script and "network" not in script:
        return scripted(spec, **around)
    # Only here, so that runners of scripts are soon there.
    from libs.market.candles import Market  # noqa: PLC0415 - as said above
    from services.training.learners.train import train  # noqa: PLC0415 - as said above

    if "network" not in script:
        return train(spec, **around)
    (Path(script["pids"]) / str(os.getpid())).touch()
    return train(
        network_spec(script["network"], config=script["config"]),
        **around | {"market": Market(None, synthetic_allowed=False), "pictures": False},
    )


def scripted(
    spec: TrainingSpec,
    *,
    job_id: str,
    version: str,
    model_name: str,
    artifacts: Artifacts,
    report: Any,
    checkpoints: Any,
    **_: object,
) -> Trained:
    """`steps` steps, each of them in the checkpoint; before step `hold_at` it waits for the file `gate`.

    `burns_at`: before this step it uses CPU time until it is killed, or until the file `gate` is there; `deaf_at`: before this step a
    library has it, which hears nothing until it is done; `fits`: every step is in the checkpoint of a fit too, and what is left of one is
    told; `says_name`: a line with the model's name; `pids`: folder where it notes its process; `fail`: "passing" or "final"; `megabytes`:
    memory that it fills.
    """
    script = spec.hyperparameters
    begin = (checkpoints.load() or {"done": 0})["done"]
    if "pids" in script:
        (Path(script["pids"]) / str(os.getpid())).touch()
    report(Progress(stage="training", step=begin, total_steps=script["steps"], message=f"begins at step {begin}"))
    if script.get("fits") and (left := checkpoints.load_fit()):
        report(Progress(stage="training", step=begin, total_steps=script["steps"], message=f"the fit goes on after {left.decode()}"))
    ballast = b"x" * (script.get("megabytes", 0) * 2**20)
    if script.get("says_name"):
        report(Progress(stage="training", step=begin, total_steps=script["steps"], message=f"trains {model_name}"))
    for step in range(begin, script["steps"]):
        _before(step, script)
        checkpoints.save({"done": step + 1})
        if script.get("fits"):
            checkpoints.save_fit(f"step {step + 1}".encode())
        report(
            Progress(
                stage="training", step=step + 1, total_steps=script["steps"], message=f"step {step + 1}", metrics={"loss": 1 / (step + 1)}
            )
        )
    if script.get("fail") == "final":
        raise InvalidError("These symbols have no candles.")
    if script.get("fail") == "passing":
        raise OSError("the disk hiccuped")
    made = {"job_id": job_id, "version": version, "bytes": len(ballast), "files": {"model.onnx": artifacts.put(b"a network").model_dump()}}
    artifact = artifacts.put(json.dumps(made).encode())
    return Trained(artifact, TrainingResult.model_validate(RESULT | {"metrics": {"accuracy": 0.5}}))


def held(spec: BacktestSpec, *, report: Any, **_: object) -> BacktestResult:
    """A backtest that waits for the file that its symbol names."""
    report(Progress(stage="playing", step=1, total_steps=2))
    _wait_for(Path(spec.symbol))
    return BacktestResult.model_construct()


def network_spec(hyperparameters: dict[str, Any], *, config: dict[str, Any]) -> TrainingSpec:
    return TrainingSpec(
        model_type=ModelType.CLASSIFICATION,
        algorithm="LSTM",
        target_variable="signal_type",
        features=("rsi_14", "bollinger_position"),
        hyperparameters=hyperparameters,
        training_config={"symbols": ["AAPL"], "start_date": "2009-01-01", "end_date": "2012-12-31", "cross_validation_folds": 0} | config,
    )


def _before(step: int, script: dict[str, Any]) -> None:
    if step == script.get("hold_at"):
        _wait_for(Path(script["gate"]))
    if step == script.get("burns_at"):
        _burn_until(Path(script["gate"]))
    if step == script.get("deaf_at"):
        hashlib.pbkdf2_hmac("sha256", b"", b"", DEAF_ROUNDS)


def _wait_for(gate: Path) -> None:
    until = time.monotonic() + LONGEST_S
    while not gate.exists():
        if time.monotonic() > until:
            raise TimeoutError(gate)
        time.sleep(0.01)


def _burn_until(gate: Path) -> None:
    most = time.monotonic() + LONGEST_S
    while not gate.exists() and time.monotonic() < most:
        sum(range(100_000))
