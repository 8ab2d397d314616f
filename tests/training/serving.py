"""A training service in a process of its own, started again when it ends, as a supervisor would.

Ray ends a driver whose head is gone for too long; that must not be the process of the tests.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from libs.chassis.stores.mongo import connect
from libs.contracts.training import TrainingRequested
from services.training.settings import Settings
from tests.training.conftest import Story

ROOT = str(Path(__file__).resolve().parents[2])


@asynccontextmanager
async def serving(story: Story, request: TrainingRequested) -> AsyncIterator[None]:
    """Run the story's service with one request, in a process of its own, until the context ends."""
    command = [sys.executable, "-m", __spec__.name, story.settings.model_dump_json(), request.model_dump_json(), str(story.folder)]
    keeper = asyncio.create_task(_keep(command))
    try:
        yield
    finally:
        keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeper


async def _keep(command: list[str]) -> None:
    while True:
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=os.environ | {"PYTHONPATH": ROOT})
        try:
            await process.wait()
        except asyncio.CancelledError:
            process.terminate()
            await process.wait()
            raise


async def main(settings: str, request: str, folder: str) -> None:
    """Serve; the request is told at every start, which changes nothing the second time."""
    chosen = Settings.model_validate_json(settings)
    story = Story(chosen, connect(chosen, "training"), Path(folder), on_ray=True)
    async with story.service():
        await story.gateway.publish(TrainingRequested.model_validate_json(request))
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
