"""`python -m deploy.local`: what the Makefile's doors call."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from deploy.local import commands

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
RunDir = Annotated[str, typer.Option(help="The platform's folder: data, logs, platform.json.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="The gateway's port.")]


@contextmanager
def _said_plainly() -> Iterator[None]:
    try:
        yield
    except commands.RefusedError as error:
        Console(stderr=True, highlight=False).print(f"[red]✗[/] {escape(str(error))}", soft_wrap=True)
        raise SystemExit(1) from error


@app.command()
def up(run_dir: RunDir = ".run", port: Port = 8000, replicas: str = "") -> None:
    """Start a platform in the background; returns when it is ready."""
    with _said_plainly():
        folder = commands.folder_at(run_dir)
        commands.up(folder, port=port, replicas=replicas)
        commands.show_status(folder, as_json=False)


@app.command()
def down(run_dir: RunDir = ".run") -> None:
    """End a platform and every process it started."""
    ran = commands.down(commands.folder_at(run_dir))
    commands.console.print("ended" if ran else "nothing ran")


@app.command()
def status(*, run_dir: RunDir = ".run", json_: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Show what runs; exit status 1 when nothing does."""
    if not commands.show_status(commands.folder_at(run_dir), as_json=json_):
        raise SystemExit(1)


@app.command()
def logs(service: Annotated[str, typer.Argument()] = "", *, run_dir: RunDir = ".run", lines: int = 100, follow: bool = False) -> None:
    """Print the log of one process, or of all."""
    with _said_plainly():
        commands.logs(commands.folder_at(run_dir), service=service or None, lines=lines, follow=follow)


@app.command()
def admin(
    username: Annotated[str, typer.Option(envvar="USERNAME")],
    email: Annotated[str, typer.Option(envvar="EMAIL")],
    run_dir: RunDir = ".run",
) -> None:
    """Make the first admin of a running platform; asks for the password, or takes it from the environment (PASSWORD)."""
    with _said_plainly():
        folder = commands.folder_at(run_dir)
        commands.environment_of(folder)  # Nobody is asked for a password that nothing can take.
        raise SystemExit(commands.admin(folder, username=username, email=email, password=_password()))


def _password() -> str:
    """Return the password; never from an argument, as arguments are seen by everyone on the machine."""
    if given := os.environ.get("PASSWORD"):
        return given
    if not sys.stdin.isatty():
        msg = "there is no terminal to ask for the password at: export it as PASSWORD"
        raise commands.RefusedError(msg)
    asked: str = typer.prompt("Password of the admin", hide_input=True, confirmation_prompt=True)
    return asked


@app.command()
def demo(*, keep: bool = False, run_dir: RunDir = "", port: Port | None = None, replicas: str = "", began: float = 0.0) -> None:
    """Run the platform's main job through its public HTTP API, on servers of its own."""
    from deploy.local.demo import run_demo  # noqa: PLC0415  # the other commands need not load it

    with _said_plainly():
        summary = run_demo(keep=keep, run_dir=run_dir, port=port or 0, replicas=replicas, began=began or time.time())
    sys.stdout.write(json.dumps(summary) + "\n")


if __name__ == "__main__":
    app()
