"""What `platform.json` says while a process is being started again, and how often one is that ends before it is ready."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deploy.local.plan import Part, Plan
from deploy.local.platform import Folder, Status
from deploy.local.program import Program
from deploy.local.rotating import LARGEST
from deploy.local.supervisor import Supervisor
from tests.waiting import until


@dataclass(frozen=True)
class Remembering(Folder):
    """A platform's folder that keeps what was written to `platform.json`: the restarts of the sleeper, and its pid if it is listed."""

    told: list[tuple[int, int | None]] = field(default_factory=list)

    def write_status(self, status: Status) -> None:
        super().write_status(status)
        pids = [process.pid for process in status.processes if process.name == "sleeper"]
        self.told.append((status.restarts.get("sleeper", 0), pids[0] if pids else None))


@pytest.fixture
def folder(tmp_path: Path) -> Remembering:
    return Remembering(tmp_path)


@asynccontextmanager
async def supervised(folder: Folder, *argv: str, beside: Sequence[str] = ()) -> AsyncIterator[asyncio.Task[None]]:
    """Run a platform of a process that is ready at once when no program is given and never when one is, and of others that never are."""

    async def at_once() -> None: ...

    async def never() -> None:
        await asyncio.Event().wait()

    def program(name: str) -> Program:
        return Program(name=name, kind="service", argv=argv or ["sleep", "600"], log=folder.log(name), mark=f"{folder.mark}{name}")

    status = Status(gateway="", kafka="", mongodb="", redis="", ray="", broker="")
    sleeper = Part(program("sleeper"), never if argv else at_once)
    plan = Plan(status, servers=[sleeper], cluster=[], services=[Part(program(name), never) for name in beside])
    running = asyncio.create_task(Supervisor(folder, plan).run())
    yield running
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


@pytest.mark.parametrize("beside", [(), ("starting",)], ids=["all_ready", "while_another_starts"])
async def test_a_process_that_died_is_off_the_list_before_it_is_started_again(folder: Remembering, beside: Sequence[str]) -> None:
    async with supervised(folder, beside=beside):

        async def listed() -> bool:
            return bool(folder.told) and folder.told[-1][1] is not None

        await until(listed, what="the process in platform.json")
        first = folder.told[-1][1]
        assert first is not None

        os.kill(first, signal.SIGKILL)

        async def back() -> bool:
            return folder.told[-1][1] not in (None, first)

        await until(back, what="another process in platform.json")

    after_the_death = [pid for restarts, pid in folder.told if restarts == 1]
    assert after_the_death[0] is None
    assert first not in after_the_death


async def test_a_log_that_has_become_too_large_is_copied_aside_and_emptied(folder: Remembering) -> None:
    log = folder.log("sleeper")
    log.parent.mkdir()
    with log.open("wb") as written:
        written.truncate(LARGEST + 1)

    async with supervised(folder):

        async def emptied() -> bool:
            return log.stat().st_size == 0

        await until(emptied, what="an empty log")

    assert log.with_name("sleeper.log.1").stat().st_size == LARGEST + 1


@pytest.mark.parametrize(("ends_with", "starts"), [(1, 5), (2, 1)], ids=["any_other", "wrong_settings"])
async def test_a_process_that_ends_before_it_is_ready_is_started_again_unless_its_settings_are_wrong(
    folder: Remembering, ends_with: int, starts: int
) -> None:
    async with supervised(folder, "/bin/sh", "-c", f"echo begun; exit {ends_with}") as running:
        await running

    status = folder.read_status()
    assert status is not None
    assert f"sleeper ended with status {ends_with} before it was ready" in status["error"]
    assert folder.log("sleeper").read_text().count("begun") == starts
