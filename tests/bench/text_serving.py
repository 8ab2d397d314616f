"""Labels of texts over HTTP, of the same model and tokenizer: the whole platform beside MLflow's scoring server.

The platform answers in the precision that it serves by itself. MLflow is given the fp32 file, which whoever trains such a network has, and
then, where the platform serves int8, its int8 file, too, so that it is seen what is the precision's and what is the platform's.
"""

import asyncio
import contextlib
import json
import os
import random
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from deploy.local.ports import free_ports
from tests.bench.bare import program, until_answered
from tests.bench.contestants import Contestant, Rounds, play
from tests.bench.rivals import MISSING, PYTHON, rivals_are_there
from tests.bench.usage import processes
from tests.journeys.customer import Customer
from tests.journeys.platform import Platform
from tests.journeys.text_customer import trained
from tests.training.texts.headlines import headlines

ROUNDS = 3
PACKED = "mlflow-texts"
# A headline a request, and many texts of all lengths in one: texts a request, requests under way, requests a round.
LOADS = {"one_headline": (1, 32, 480), "64_texts": (64, 4, 8)}
# MLflow's file, and its processes: more are not worth it for the smaller file, whose threads would wait for each other.
RIVALS = (("model.onnx", 1), ("model.onnx", 2), ("model-int8.onnx", 1))
HEADLINES = 600
LONGEST = 8
LEAST = 2.0


def measure_text_serving(platform: Platform, *, folder: Path) -> dict[str, Any]:
    """Return texts a second of both, and the ratio beside its target; a model is trained for it first."""
    if not rivals_are_there():
        return {"texts": MISSING}
    token, model = asyncio.run(prepare(platform, folder))
    for name in (each for each in dict(RIVALS) if (model / each).exists()):
        packed = folder / f"{PACKED}-{name}"
        subprocess.run([PYTHON, "-I", Path(__file__).with_name("mlflow_texts.py"), model, packed, name], check=True)
    return raced(platform, token=token, folder=folder)


def raced(platform: Platform, *, token: str, folder: Path) -> dict[str, Any]:
    """Do it with what was prepared in a folder."""
    named: dict[str, list[psutil.Process]] = {name: [process] for name, process in processes(platform)}
    port = int(platform.gateway.rpartition(":")[2])
    found: dict[str, Any] = {}
    for name, (texts, many, requests) in LOADS.items():
        batches = _batches(texts)
        ours = [json.dumps({"model": "headlines", "texts": batch}).encode() for batch in batches]
        theirs = [json.dumps({"dataframe_split": {"columns": ["text"], "data": [[text] for text in batch]}}).encode() for batch in batches]
        rounds: dict[str, dict[str, Rounds]] = {}
        for file, workers in RIVALS:
            if not (packed := folder / f"{PACKED}-{file}").exists():
                continue
            with _mlflow(packed, theirs, workers=workers) as rival:
                field = [Contestant("platform", port, "/api/v1/predict", named, token=token, bodies=ours), rival]
                rounds[f"{file.removesuffix('.onnx')}, {workers} workers"] = _race(field, many=many, requests=requests)
        found |= _rows(name, rounds, texts=texts)
    return found


def _race(field: Sequence[Contestant], *, many: int, requests: int) -> dict[str, Rounds]:
    found: dict[str, Rounds] = defaultdict(Rounds)
    for each in field:
        play(each, (), concurrency=many, requests=max(many, requests // 4))
    for _ in range(ROUNDS):
        for each in field:
            found[each.name].rounds.append(play(each, (), concurrency=many, requests=requests))
    return found


def _rows(name: str, rounds: dict[str, dict[str, Rounds]], *, texts: int) -> dict[str, Any]:
    """Return the texts a second of each, and our least ratio by MLflow's file: to as many workers as answer the most."""
    rows: dict[str, Any] = {}
    for workers, each in rounds.items():
        for who, measured in each.items():
            rows[f"{name}_{who}_beside_{_key(workers)}"] = {"texts_per_s": round(measured.of("per_s") * texts)} | measured.row()
        rows[f"{name}_cores_beside_{_key(workers)}"] = each["platform"].cores()
    for file in dict.fromkeys(each.partition(",")[0] for each in rounds):
        ratio = min(each["platform"].times(each["mlflow"], "per_s") for key, each in rounds.items() if key.startswith(f"{file},"))
        rows[f"{name}_times_mlflow_{file}"] = {"measured": round(ratio, 2), "at_least": LEAST, "": "met" if ratio >= LEAST else "NOT MET"}
    return rows


def _key(words: str) -> str:
    return words.replace(",", "").replace(" ", "_")


def _batches(texts: int, *, count: int = 200) -> list[list[str]]:
    """Return texts of requests, the same at every run: headlines, and for many together some that are as long as `LONGEST` of them."""
    chance = random.Random(2000)
    known = [row["text"] for row in headlines(1000)]
    longest = 1 if texts == 1 else LONGEST
    return [[". ".join(chance.choices(known, k=chance.randint(1, longest))) for _ in range(texts)] for _ in range(count)]


async def prepare(platform: Platform, folder: Path) -> tuple[str, Path]:
    """Train a model, and copy its files out of the data root; return a token and the folder."""
    customer = await Customer(platform.gateway).sign_up()
    run = await trained(customer, json.dumps(headlines(HEADLINES)).encode())
    model = folder / "text-model"
    model.mkdir(parents=True)
    int8 = ["model-int8.onnx"] if run["result"]["served_precision"] == "int8" else []
    for name in ("model.onnx", "tokenizer.json", *int8):
        answer = await customer.http.get(f"/api/v1/files/{run['output_dir']}/model/{name}")
        assert answer.status_code == 200, answer.text
        (model / name).write_bytes(answer.content)
    token = customer.http.headers["Authorization"].partition(" ")[2]
    await customer.close()
    return token, model


@contextmanager
def _mlflow(packed: Path, bodies: Sequence[bytes], *, workers: int) -> Iterator[Contestant]:
    """Serve the files by MLflow, as `mlflow models serve` does."""
    (port,) = free_ports(1)
    argv = [
        str(PYTHON), "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(port), "--workers", str(workers), "--no-access-log",
        "--log-level", "warning", "mlflow.pyfunc.scoring_server.app:app",
    ]  # fmt: skip
    environment = os.environ | {"__pyfunc_model_path__": str(packed), "PYTHONPATH": "", "TOKENIZERS_PARALLELISM": "false"}
    with contextlib.ExitStack() as stack:
        running = stack.enter_context(program(argv, env=environment))
        until_answered(f"http://127.0.0.1:{port}/invocations", content=bodies[0], by=[running])
        family = [psutil.Process(running.pid), *psutil.Process(running.pid).children(recursive=True)]
        yield Contestant("mlflow", port, "/invocations", {"mlflow": family}, bodies=bodies)
