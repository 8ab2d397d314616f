"""The limit of this machine for the shape of a prediction: HTTP, a broker there and back, one run of the model, and nothing else."""

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import psutil
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local.ports import free_ports
from deploy.local.story import FEATURES
from libs.chassis.stores.artifacts import Artifacts
from tests.bench.bare_gateway import ASKS, REPLIES
from tests.bench.contestants import Contestant
from tests.journeys.platform import ROOT, Platform

FORMAT = "modelbourse-model/1"


@contextmanager
def bare_shape(platform: Platform, body: bytes, *, model: Path, classes: list[str]) -> Iterator[Contestant]:
    """Run the bare shape over a platform's own broker and the model file that the platform trained."""
    bootstrap, (port,) = platform.status()["kafka"], free_ports(1)
    asyncio.run(_make_topics(bootstrap))
    ran = {
        "bare inference": ["tests.bench.bare_inference", bootstrap, str(model), ",".join(classes)],
        "bare gateway": ["tests.bench.bare_gateway", bootstrap, str(port)],
    }
    with contextlib.ExitStack() as stack:
        started = {name: stack.enter_context(program([sys.executable, "-m", *argv])) for name, argv in ran.items()}
        broker = platform.pid("kafka")
        assert broker is not None
        until_answered(f"http://127.0.0.1:{port}/", content=body, by=list(started.values()))
        yield Contestant(
            "bare", port, "/", {name: [psutil.Process(each.pid)] for name, each in started.items()} | {"kafka": [psutil.Process(broker)]}
        )


def write_model(platform: Platform, folder: Path) -> tuple[Path, list[str]]:
    """Copy the file that inference serves out of the platform's artifacts; return its place and the model's classes."""
    lake = platform.run_dir / "artifacts"
    artifacts = Artifacts(lake.as_uri())
    for path in sorted(lake.rglob("*")):
        if path.is_file() and path.open("rb").read(1) == b"{":
            manifest: dict[str, Any] = orjson.loads(path.read_bytes())
            if manifest.get("format") == FORMAT and manifest["features"] == list(FEATURES):
                copied = folder / "model.onnx"
                copied.write_bytes(artifacts.get(manifest["files"]["model.onnx"]["sha256"]))
                return copied, manifest["classes"]
    raise FileNotFoundError("the platform has trained no model of the story")


@contextmanager
def program(argv: list[str], **how: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program for the length of the block, with whatever it starts."""
    running = subprocess.Popen(argv, cwd=ROOT, **how)
    try:
        yield running
    finally:
        family = [running, *psutil.Process(running.pid).children(recursive=True)] if running.poll() is None else []
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
                process.kill()
        running.wait(timeout=20)


def until_answered(url: str, *, content: bytes, by: Sequence[subprocess.Popen[bytes]], within: float = 60.0) -> None:
    """Wait until a server answers a request with 200; fail when one of its programs has ended."""
    deadline, problem = time.monotonic() + within, "nobody listens"
    while True:
        assert all(program.poll() is None for program in by), f"{url}: a program ended ({problem})"
        with contextlib.suppress(httpx.TransportError):
            if (answer := httpx.post(url, content=content, headers={"Content-Type": "application/json"}, timeout=5)).status_code == 200:
                return
            problem = answer.text[:300]
        assert time.monotonic() < deadline, f"{url} does not answer: {problem}"
        time.sleep(0.2)


async def _make_topics(bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, 1, 1) for name in (ASKS, REPLIES)])
    finally:
        await admin.close()
