"""The `modelbourse` command."""

import platform
from typing import Annotated

import typer

from modelbourse.cli.commands import Commands
from modelbourse.cli.errors import CommandError
from modelbourse.command import INTERRUPTED, UNREAD
from modelbourse.errors import ModelbourseError

cli = typer.Typer(cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False)


def _print_version(wanted: bool) -> None:  # noqa: FBT001  # a callback of the option
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415  # it imports what reads e-mails, which takes longer than all else here

        typer.echo(f"modelbourse {version('modelbourse')} (Python {platform.python_version()})")
        raise typer.Exit


@cli.callback()
def _modelbourse(
    *,
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Which version this is.")] = False,
) -> None:
    """Modelbourse from the command line."""


def app() -> None:
    """Run the command."""
    run_typer(cli, "modelbourse")


def run_typer(command: typer.Typer, name: str) -> None:
    """Run a command; what goes wrong is told on stderr, with what to do next, and is exit status 1 (2: the command is misspelt)."""
    try:
        command(prog_name=name)
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # typer and rich say 1 of it
            end.code = UNREAD
        _why_aborted(end)
        raise
    except (CommandError, ModelbourseError, OSError) as error:
        # An OSError is a file's: one that cannot be read, written or kept.
        from modelbourse.cli.opening import tell_problem  # noqa: PLC0415  # most commands go well

        tell_problem(error, program=name)
        raise SystemExit(error.status if isinstance(error, CommandError) else 1) from error


def _why_aborted(end: SystemExit) -> None:
    """Say of a question that was not answered what a script does instead; one that Ctrl-C has ended has that status."""
    abort = end.__context__
    if not isinstance(abort, typer.Abort):
        return
    why = abort.__cause__ or abort.__context__
    if isinstance(why, KeyboardInterrupt):
        end.code = INTERRUPTED
    elif isinstance(why, EOFError):
        typer.echo(
            "→ nobody answers at this stdin: give the answer as an option (`--help` has them; a password as MODELBOURSE_PASSWORD)", err=True
        )
