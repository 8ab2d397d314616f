"""`make demo`: starts a platform of its own and runs its main job through the public HTTP API."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy.local import commands
from deploy.local.platform import Folder
from deploy.local.ports import free_ports
from deploy.local.story import Story

console = commands.console


def run_demo(*, keep: bool, run_dir: str, port: int, replicas: str, began: float) -> dict[str, Any]:
    """Run the story and return its summary; `began` is when the user started to wait (Unix seconds).

    Raises commands.RefusedError when a step does not hold.
    """
    with _platform(keep=keep, run_dir=run_dir, port=port, replicas=replicas) as status:
        _print_addresses(status)
        story = Story(status["gateway"], console=console)
        summary = story.run()
        story.print_summary()
    if keep:
        console.print(f"\nIt goes on running: {status['gateway']}/docs · `make status` · `make down`")
        console.print(f"Log in as [bold]{story.username}[/] with the password [bold]{story.password}[/]")
    return summary | {"elapsed_s": round(time.time() - began, 1)}


@contextmanager
def _platform(*, keep: bool, run_dir: str, port: int, replicas: str) -> Iterator[dict[str, Any]]:
    temporary = None if run_dir else Path(tempfile.mkdtemp(prefix="mb-demo-"))
    folder = Folder(temporary) if temporary else commands.folder_at(run_dir)
    ours, ended_well = True, False
    try:
        try:
            status = commands.up(folder, port=port or free_ports(1)[0], replicas=replicas)
        except commands.RefusedError:
            ours = False  # What it began it has ended; a platform that ran there before is not this demo's to end.
            raise
        yield status
        ended_well = True
    finally:
        if ours and not (keep and ended_well):
            commands.down(folder)
        logs = folder.path / "log"
        if temporary and (ended_well or not logs.exists()):
            shutil.rmtree(temporary)
        elif not ended_well and logs.exists():
            console.print(f"The logs are in {logs}")


def _print_addresses(status: dict[str, Any]) -> None:
    console.print(f"\n[bold]Modelbourse runs at {status['gateway']}[/]   API documentation: {status['gateway']}/docs")
    console.print(
        f"Kafka {status['kafka']} ({status['broker']}) · MongoDB {status['mongodb']} · Redis {status['redis']} · Ray {status['ray']}\n"
    )
