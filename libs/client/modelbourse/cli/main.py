"""The `modelbourse` command."""

import importlib.metadata
import os
import platform
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from modelbourse.cli import (
    accounts,
    admin,
    catalogue,
    compute,
    dead,
    keys,
    market,
    models,
    password,
    predicting,
    results,
    training,
    webhooks,
)
from modelbourse.cli.finding import resolve_references
from modelbourse.cli.machine import examine
from modelbourse.cli.opening import RETRIES, CommandError, lines_of, open_client
from modelbourse.cli.passwords import kept_off_the_command_line
from modelbourse.cli.showing import JsonOption, print_facts, print_json, print_table, say, tell
from modelbourse.command import INTERRUPTED
from modelbourse.errors import ModelbourseError, RefusedError
from modelbourse.modelbourse import Modelbourse
from modelbourse.session import choose, read_device, read_kept, session_file, write_device, write_kept

cli = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
models.cli.command()(training.estimate)
models.cli.command()(results.trades)
models.cli.command()(results.curve)
models.cli.command()(results.compare)
cli.add_typer(models.cli, name="models")
cli.command()(training.train)
cli.add_typer(training.cli, name="jobs")
cli.command()(predicting.predict)
cli.command()(predicting.explain)
cli.add_typer(market.cli, name="market")
cli.add_typer(compute.cli, name="credits")
cli.add_typer(webhooks.cli, name="webhooks")
cli.add_typer(keys.cli, name="keys")
cli.add_typer(catalogue.cli, name="catalogue")
cli.add_typer(dead.cli, name="dead")
cli.add_typer(admin.cli, name="admin")
cli.add_typer(accounts.cli, name="accounts")
cli.command()(password.password)


def _print_version(wanted: bool) -> None:  # noqa: FBT001  # a callback of the option
    if wanted:
        say(f"modelbourse {importlib.metadata.version('modelbourse')} (Python {platform.python_version()})")
        raise typer.Exit


@cli.callback()
def _modelbourse(
    *,
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Which version this is.")] = False,
) -> None:
    """Modelbourse from the command line."""


@cli.command()
def doctor(*, json_: JsonOption = False) -> None:
    """Say what this machine has and lacks to run a platform; exit status 1 when something needed is missing."""
    findings = list(examine(os.environ))
    if json_:
        print_json([{"name": f.name, "found": f.found, "needed": f.needed, "detail": f.detail} for f in findings])
    else:
        signs = ("✓" if finding.found else "✗" if finding.needed else "·" for finding in findings)
        print_table(("there", "what", "detail"), [(sign, each.name, each.detail) for sign, each in zip(signs, findings, strict=True)])
    if any(finding.needed and not finding.found for finding in findings):
        raise SystemExit(1)


@cli.command()
def login(
    username: Annotated[str, typer.Option(prompt=True)],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, envvar="MODELBOURSE_PASSWORD", callback=kept_off_the_command_line)],
    url: Annotated[str | None, typer.Option(help="The gateway; default: MODELBOURSE_URL, else the local one.")] = None,
) -> None:
    """Log in to a gateway and stay logged in for the commands that follow."""
    where, _, _ = choose(url, None)
    with Modelbourse.login(username, password, url=where, device=read_device(where), retries=RETRIES) as client:
        write_kept(session_file(), client.kept())
        if client.device:
            write_device(client.url, client.device)
        say(f"logged in to {client.url} as {username}")


@cli.command()
def logout() -> None:
    """End the login that is kept, and forget it."""
    kept = read_kept(session_file())
    if kept is None:
        return say("there is no login")
    try:
        # Its own token alone: whatever else the environment says is not what ends here.
        Modelbourse(kept.url, kept.token, retries=RETRIES).call("POST", "/auth/logout", body={"refresh_token": kept.refresh_token})
    except RefusedError as error:
        if error.status not in {400, 401}:  # Ended already.
            raise
    session_file().unlink(missing_ok=True)
    return say(f"logged out of {kept.url}")


@cli.command()
def whoami(*, json_: JsonOption = False) -> None:
    """Say as whom, and at which gateway, commands are run."""
    client = open_client()
    me = client.me()
    if json_:
        return print_json(me)
    return print_facts([("username", me.username), ("email", me.email), ("tier", me.tier), ("role", me.role), ("gateway", client.url)])


resolve_references(cli)


def app() -> None:
    """Run the command; what goes wrong is told on stderr, with what to do next, and is exit status 1 (2: the command is misspelt)."""
    try:
        cli(prog_name="modelbourse")
    except SystemExit as end:
        _why_aborted(end)
        raise
    except (CommandError, ModelbourseError, OSError) as error:
        # An OSError is a file's: one that cannot be read, written or kept.
        first, *rest = lines_of(error)
        console = Console(stderr=True, highlight=False)
        console.print(f"[red]✗[/] {escape(first)}", soft_wrap=True)
        for line in rest:
            console.print(f"  {escape(line)}", soft_wrap=True)
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
        tell("→ nobody answers at this stdin: give the answer as an option (`--help` has them; a password as MODELBOURSE_PASSWORD)")
