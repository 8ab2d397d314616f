"""What a training process can tell of its host's GPUs and of its MLflow, among its metrics."""

import asyncio
import socket
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from prometheus_client import CollectorRegistry, Gauge

from libs.chassis.liveness.measures import Measure, Values
from services.training.outbound.mirror_mlflow import SQLITE

NOT_LET_IN: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
WITHIN_S: Final = 5.0
CONNECTED, UNREACHABLE, NOT_CONFIGURED = "connected", "unreachable", "not_configured"


def gpus_measure(*, registry: CollectorRegistry) -> Measure:
    """Return the measure of this host's GPUs, by NVML; it shows none where there is no driver."""
    used = Gauge(
        "modelbourse_gpu_used_percent",
        "How busy a GPU of the host was over the last second, in percent, as NVML tells: take max over instances.",
        ["host", "gpu"],
        registry=registry,
    )
    host = socket.gethostname()

    async def read() -> Sequence[Values]:
        found = await asyncio.to_thread(busy_gpus)
        return [{(host, str(number)): share for number, share in found.items()}]

    return Measure("measuring GPUs", [used], read)


def busy_gpus() -> Mapping[int, float]:
    """Return for how much of the last second each GPU of this host worked, in percent, by its number: of those that tell it."""
    if find_spec("pynvml") is None:
        return {}
    import pynvml  # noqa: PLC0415 - where it is installed

    nvml: Any = pynvml
    try:
        nvml.nvmlInit()
    except nvml.NVMLError:
        return {}
    found = dict[int, float]()
    try:
        for number in range(nvml.nvmlDeviceGetCount()):
            with suppress(nvml.NVMLError):  # A part of one (MIG) does not tell how busy it is.
                found[number] = float(nvml.nvmlDeviceGetUtilizationRates(nvml.nvmlDeviceGetHandleByIndex(number)).gpu)
    except nvml.NVMLError:
        return {}
    finally:
        nvml.nvmlShutdown()
    return found


def mlflow_measure(uri: str | None, *, registry: CollectorRegistry) -> Measure:
    """Return the measure of how the MLflow stands that is told of ended jobs; `uri` is that of the settings."""
    state = Gauge(
        "modelbourse_mlflow_state",
        "1 for how MLflow stands: connected, unreachable or not_configured. Of the service, so take max over instances.",
        ["state"],
        registry=registry,
    )

    async def read() -> Sequence[Values]:
        return [state_of(await asyncio.to_thread(mlflow_state, uri))]

    return Measure("looking whether MLflow answers", [state], read)


def state_of(state: str) -> Mapping[tuple[str, ...], float]:
    """Return the gauge's values for a state."""
    return {(state,): 1.0}


def mlflow_state(uri: str | None) -> str:
    """Tell how an MLflow stands: its server has to say that it is well, and a file has to be one that there is, or can be made."""
    if uri is None:
        return NOT_CONFIGURED
    if uri.startswith(SQLITE):
        file = Path(uri.removeprefix(SQLITE))
        return CONNECTED if file.parent.is_dir() and not file.is_dir() else UNREACHABLE
    try:
        with urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=WITHIN_S):  # noqa: S310 - the settings take http and https alone
            return CONNECTED
    except urllib.error.HTTPError as error:
        # Servers before MLflow 1.21 have no such path; a proxy without its server answers 502, and whoever must log in may not write.
        return CONNECTED if error.code == HTTPStatus.NOT_FOUND else UNREACHABLE
    except (OSError, ValueError):
        return UNREACHABLE
