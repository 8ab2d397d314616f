"""Run a service as the process that it is, for tests that start, signal and watch it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Running:
    """A started process; its log lines as they stand in `log`."""

    process: asyncio.subprocess.Process
    log: Path
    place: Path

    @property
    def lines(self) -> str:
        return self.log.read_text()

    async def ready(self, *, within: float = 180) -> None:
        ready = self.place.with_name(f"{self.place.name}.ready")

        async def is_ready() -> bool:
            assert self.process.returncode is None, self.lines
            return ready.exists()

        await self._until(is_ready, what="readiness", within=within)

    async def says(self, text: str, *, within: float = 180) -> None:
        async def said() -> bool:
            return text in self.lines

        await self._until(said, what=repr(text), within=within)

    async def _until(self, check: Callable[[], Awaitable[bool]], *, what: str, within: float) -> None:
        try:
            await until(check, what=what, within=within)
        except AssertionError as error:
            raise AssertionError(self.lines) from error


@asynccontextmanager
async def started(*argv: str, environment: Mapping[str, str], folder: Path) -> AsyncIterator[Running]:
    """Start `python <argv>` with this environment alone (and PATH); end it with the test."""
    log = folder / "process.log"
    name = environment.get("INSTANCE", "monitoring")
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *argv,
            env={"PATH": os.environ["PATH"], "PROBE_DIR": str(folder / "probes"), **environment},
            cwd=ROOT,
            stdout=out,
            stderr=out,
        )
    try:
        yield Running(process, log, folder / "probes" / name)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
