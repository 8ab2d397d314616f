"""Model Builder's document against a whole platform: its commands by curl, its Python client and its JavaScript client, as they stand there."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from tests.faces.documented_curls import ADDRESS, CURLS, FIXTURES, KEYS, Curl
from tests.journeys.platform import Platform, platform_running
from tests.training.texts.conftest import backbones as made_backbones
from tests.training.texts.headlines import headlines

backbones = made_backbones
pytestmark = [pytest.mark.journey, pytest.mark.soak]
DATA: Final = "data/news_dataset.json"
# The example sleeps, and does not import what it sleeps with.
FORGOTTEN: Final = "import time\n"
TELLS: Final = {"POST /api/v1/training/start": ("job_id", "training"), "POST /api/v1/export": ("export_id", "export")}
# What is told of things that are there, in the document's order; the first key is made before.
STATUSES: Final = [
    *(200, 401, 200, 404, 200, 200),
    *(201, 200, 200, 409),
    *(201, 200),
    *(201, 200, 200, 409),
    *(200, 200),
    *(201, 200, 201, 409),
]


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory, backbones: Path) -> Iterator[Platform]:
    """A platform that nobody has used, whose operator has the document's backbone: in its place a tiny one that has learned nothing."""
    from transformers import BertConfig, BertModel  # noqa: PLC0415 - after the backbones' module, which keeps it from asking a hub

    tiny, named = backbones / "tests/tiny", backbones / "ProsusAI/finbert"
    shutil.copytree(tiny, named)
    # As many tokens as a training reads where nobody says how many.
    BertModel(BertConfig.from_pretrained(tiny, max_position_embeddings=512)).save_pretrained(named)
    run_dir = tmp_path_factory.mktemp("builder")
    with platform_running(run_dir, broker="embedded", kafka_home=None, TRAINING_BACKBONES=str(backbones)) as platform:
        yield platform


def run(curl: Curl, platform: Platform) -> tuple[int, Any]:
    """Run a command in a shell; return the status and the answer."""
    command = curl.text.replace(ADDRESS, platform.gateway) + " -s -w '\\n%{http_code}'"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True, timeout=60)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body)


def fetched(platform: Platform, key: str, path: str, *options: str) -> Any:
    command = ["curl", "-s", "-H", f"Authorization: Bearer {key}", *options, f"{platform.gateway}/api/v1{path}"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout)


def ended(platform: Platform, key: str, path: str) -> Mapping[str, Any]:
    """Wait until a job has ended; it must have ended well."""
    deadline = time.monotonic() + 120
    while (said := fetched(platform, key, path)["data"])["status"] not in {"completed", "failed", "cancelled"}:
        assert time.monotonic() < deadline, said
        time.sleep(0.2)
    assert said["status"] == "completed", said["error"]
    return dict(said)


@pytest.fixture(scope="module")
def key(builder: Platform, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The first key of the platform, made as the document makes it; its data root has the document's data."""
    made = next(curl for curl in CURLS if "generate-key" in curl.path)
    status, said = run(made, builder)
    assert status == 201, said
    data = tmp_path_factory.mktemp("data") / "news.json"
    data.write_text(json.dumps(headlines(120)))
    key = str(said["data"]["api_key"])
    fetched(builder, key, f"/files/{DATA}", "-T", str(data))
    return key


@pytest.mark.timeout(300)
def test_each_command_of_the_document_is_run_by_curl_as_it_stands(builder: Platform, key: str) -> None:
    names, told = dict.fromkeys(KEYS, key), list[tuple[str, int]]()
    for curl in CURLS:
        status, said = run(curl.replaced(names), builder)
        told.append((curl.name, status))
        assert said["success"] is (status < 400), said
        if curl.name in TELLS:
            field, noun = TELLS[curl.name]
            job_id = said["data"][field]
            assert ended(builder, key, f"/{noun}/{job_id}")
            # The model that is registered is the first one's.
            names = {"mlflow-run-456": job_id} | names | {f"{noun}-job-123": job_id}

    assert [status for _, status in told] == STATUSES, told
    exported = fetched(builder, key, "/files?prefix=models/exported/")["data"]["items"]
    assert "models/exported/model.onnx" in {file["path"] for file in exported}


@pytest.mark.timeout(300)
def test_the_document_s_clients_train_to_the_end_unchanged(builder: Platform, key: str, tmp_path: Path) -> None:
    programs = [_program(tmp_path, "python_client.txt", builder, key=key)]
    if shutil.which("node"):
        programs.append(_program(tmp_path, "node_client.txt", builder, key=key))

    said = [program.communicate(timeout=240) for program in programs]

    assert [program.returncode for program in programs] == [0] * len(programs), said
    assert said[1:] == [("Training completed!\n", "")][: len(programs) - 1]
    runs = fetched(builder, key, "/training?limit=10")["data"]["items"]
    assert [run["status"] for run in runs].count("completed") >= len(programs)


def _program(folder: Path, name: str, platform: Platform, *, key: str) -> subprocess.Popen[str]:
    """Start a client of the document: only the address and the key are others, and its function is called that it never calls."""
    code = (FIXTURES / name).read_text().replace(ADDRESS, platform.gateway).replace("your-api-key", key)
    is_python = name.startswith("python")
    file = folder / ("client.py" if is_python else "client.js")
    file.write_text(FORGOTTEN + code if is_python else f"{code}\ntrainModel();\n")
    command = [sys.executable if is_python else "node", str(file)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
