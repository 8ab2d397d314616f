"""Others that do the same, in an environment of their own (bench-requirements.txt, made by `make bench`): MLflow's scoring server."""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from deploy.local.ports import free_ports
from deploy.local.story import FEATURES
from tests.bench.bare import program, until_answered
from tests.bench.contestants import Contestant, play
from tests.journeys.platform import ROOT

PYTHON = Path(os.environ.get("BENCH_RIVALS", ROOT / "build/rivals")) / "bin" / "python"
MISSING = "not measured: build/rivals is not there; `make bench` makes it where bench-requirements.txt can be installed"
# Of a server of models that answers by itself, more processes than cores only wait for each other.
WORKERS = (1, 2)
HEAT = 600
SHARE = 0.3


def rivals_are_there() -> bool:
    """Tell whether their environment was made."""
    return PYTHON.exists()


@contextmanager
def mlflow_server(model: Path, bodies: Sequence[bytes], *, folder: Path) -> Iterator[tuple[Contestant, dict[str, float]]]:
    """Serve the model by MLflow with as many workers as answer the most; also return what each number of them came to, a second."""
    packed = folder / "mlflow"
    subprocess.run([PYTHON, "-I", Path(__file__).with_name("mlflow_model.py"), model, packed, str(len(FEATURES))], check=True)
    rows = [_as_tensor(body) for body in bodies]
    heats = {}
    for workers in WORKERS:
        with _serving(packed, rows, workers=workers) as server:
            play(server, rows, concurrency=64, requests=HEAT // 2)
            heats[f"{workers} workers"] = round(play(server, rows, concurrency=64, requests=HEAT).per_s)
    best = max(WORKERS, key=lambda workers: heats[f"{workers} workers"])
    with _serving(packed, rows, workers=best) as server:
        yield server, heats


@contextmanager
def _serving(packed: Path, rows: Sequence[bytes], *, workers: int) -> Iterator[Contestant]:
    """Run the server as `mlflow models serve` does (`mlflow.pyfunc.scoring_server.get_cmd`), without its log of each request."""
    (port,) = free_ports(1)
    argv = [
        str(PYTHON), "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(port), "--workers", str(workers), "--no-access-log",
        "--log-level", "warning", "mlflow.pyfunc.scoring_server.app:app",
    ]  # fmt: skip
    with program(argv, env=os.environ | {"__pyfunc_model_path__": str(packed), "PYTHONPATH": ""}) as running:
        until_answered(f"http://127.0.0.1:{port}/invocations", content=rows[0], by=[running])
        family = [psutil.Process(running.pid), *psutil.Process(running.pid).children(recursive=True)]
        yield Contestant("mlflow", port, "/invocations", {"mlflow": family}, bodies=rows, share=SHARE)


def _as_tensor(body: bytes) -> bytes:
    """Return the same row as MLflow takes it without making a data frame of it."""
    given = json.loads(body)["features"]
    return json.dumps({"inputs": [[row[name] for name in FEATURES] for row in given.values()]}).encode()


def run_json(script: str, *arguments: str) -> dict[str, Any]:
    """Run a script of this folder in the rivals' environment and return the JSON object that is its last line."""
    argv = [PYTHON, "-I", Path(__file__).with_name(script), *arguments]
    with contextlib.chdir(ROOT):
        done = subprocess.run(argv, check=True, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": ""})
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
