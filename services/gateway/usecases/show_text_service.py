"""Show how the service of models of texts is: each look is bounded, and what was found serves for a few seconds."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

from libs.chassis.errors import PlatformError
from libs.chassis.liveness.outages import as_platform_error
from libs.chassis.liveness.samples import Samples
from libs.chassis.single_flight import SingleFlight
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.operations import ReadSamples
from services.gateway.domain.text_service import HostSpace, Mlflow, TextServiceFacts
from services.gateway.usecases.show_health import GOOD_FOR_S, LOOK_WITHIN_S, STARTED
from services.gateway.usecases.show_platform import RAY

T = TypeVar("T")
# A busy machine takes its time for a thread and a disk; a store that is away takes longer.
STORAGE_WITHIN_S: Final = 3.0
GPU_USED: Final = "modelbourse_gpu_used_percent"
MLFLOW: Final = "modelbourse_mlflow_state"
NAMES: Final = (STARTED, RAY, GPU_USED, MLFLOW)
WORDS: Final[dict[str, Mlflow]] = {"connected": "connected", "unreachable": "unreachable", "not_configured": "not configured"}
SILENT: Final = "No training service has been heard within the last 30 s."
NOT_TOLD: Final = "The training service has not told yet."
NO_GPU: Final = "There is no GPU."
NOT_MEASURED: Final = "The cluster's GPUs are on hosts without a training service, and not measured."


@dataclass(frozen=True, slots=True)
class TextLooks:
    """What is looked at; each may raise, or take longer than it may. `began` is when this gateway was started."""

    storage: Callable[[], Awaitable[Any]]
    samples: ReadSamples
    active: Callable[[], Awaitable[int]]
    host: HostSpace
    began: datetime


@dataclass(slots=True)
class ShowTextService:
    """One look serves all who ask within a few seconds, so that asking costs nothing."""

    looks: TextLooks
    clock: Clock
    looking: SingleFlight[TextServiceFacts] = field(default_factory=SingleFlight)
    kept: tuple[float, TextServiceFacts] | None = None

    async def __call__(self) -> TextServiceFacts:
        """Return what was found; it is there even when everything else is away."""
        if self.kept is not None and time.monotonic() - self.kept[0] < GOOD_FOR_S:
            return self.kept[1]
        return await self.looking("text service", self._look)

    async def _look(self) -> TextServiceFacts:
        looks, reasons = self.looks, dict[str, str]()
        found = await asyncio.gather(
            _bounded(looks.storage(), name="storage", reasons=reasons, within_s=STORAGE_WITHIN_S),
            _bounded(looks.samples(names=NAMES), name="trains", reasons=reasons),
            _bounded(looks.active(), name="active", reasons=reasons),
            asyncio.to_thread(looks.host.memory),
            asyncio.to_thread(looks.host.disk),
        )
        _, given, active, memory, disk = found
        at = self.clock()
        facts = TextServiceFacts(
            at=at,
            storage="storage" not in reasons,
            active=active,
            uptime_s=(at - looks.began).total_seconds(),
            memory=memory,
            disk=disk,
            reasons=reasons,
            **_told(given, reasons=reasons),
        )
        self.kept = time.monotonic(), facts
        return facts


def _told(given: Sequence[Any] | None, *, reasons: dict[str, str]) -> dict[str, Any]:
    """Return what training services tell, and say why something is not known."""
    if given is None:
        reasons |= dict.fromkeys(("mlflow", "gpus", "gpu_used"), reasons["trains"])
        return {"trains": None, "mlflow": None, "gpus": None, "gpu_used": None}
    samples = Samples(given)
    trains = any(each.labels["service"] == "training" for each in samples.named(STARTED))
    state = next((key for (key,), is_so in samples.most(MLFLOW, "state").items() if is_so), None)
    used = list(samples.most(GPU_USED, "host", "gpu").values())
    cluster = samples.most(RAY, "resource").get(("gpus",))
    gpus = None if cluster is None and not used else max(int(cluster or 0), len(used))
    silent = NOT_TOLD if trains else SILENT
    if not trains:
        reasons["trains"] = SILENT
    if state is None:
        reasons["mlflow"] = silent
    if gpus is None:
        reasons |= dict.fromkeys(("gpus", "gpu_used"), silent)
    elif not used:
        reasons["gpu_used"] = NOT_MEASURED if gpus else NO_GPU
    return {
        "trains": trains,
        "mlflow": WORDS.get(state) if state else None,
        "gpus": gpus,
        "gpu_used": sum(used) / len(used) if used else None,
    }


async def _bounded(look: Awaitable[T], *, name: str, reasons: dict[str, str], within_s: float = LOOK_WITHIN_S) -> T | None:
    try:
        async with asyncio.timeout(within_s):
            return await look
    except TimeoutError:
        reasons[name] = f"No answer within {within_s:.0f} s."
    except PlatformError as error:
        reasons[name] = error.message
    except Exception as error:
        # The class says enough; the text of a connection error may hold an address with a password.
        if as_platform_error(error) is None:
            raise
        reasons[name] = f"No connection ({type(error).__name__})."
    return None
