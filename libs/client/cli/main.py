"""The `modelbourse` command."""

import os
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from libs.client.cli import catalogue, compute, dead, keys, market, models, predicting, training, webhooks
from libs.client.cli.machine import examine
from libs.client.cli.opening import RETRIES, CommandError, lines_of, open_client
from libs.client.cli.showing import JsonOption, print_facts, print_json, say
from libs.client.errors import ModelbourseError, RefusedError
from libs.client.modelbourse import Modelbourse
from libs.client.session import read_kept, session_file, write_kept

cli = typer.Typer(help="Modelbourse from the command line.", no_args_is_help=True, pretty_exceptions_enable=False)
models.cli.command()(training.estimate)
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


@cli.command()
def doctor(*, json_: JsonOption = False) -> None:
    """Say what this machine has and lacks to run a platform; exit status 1 when something needed is missing."""
    findings = list(examine(os.environ))
    if json_:
        print_json([{"name": f.name, "found": f.found, "needed": f.needed, "detail": f.detail} for f in findings])
    else:
        table = Table("", "what", "detail", box=None)
        for finding in findings:
            sign = "[green]✓[/]" if finding.found else "[red]✗[/]" if finding.needed else "[yellow]·[/]"
            table.add_row(sign, finding.name, finding.detail)
        Console().print(table)
    if any(finding.needed and not finding.found for finding in findings):
        raise SystemExit(1)


@cli.command()
def login(
    username: Annotated[str, typer.Option(prompt=True)],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, envvar="MODELBOURSE_PASSWORD")],
    url: Annotated[str | None, typer.Option(help="The gateway; default: MODELBOURSE_URL, else the local one.")] = None,
) -> None:
    """Log in to a gateway and stay logged in for the commands that follow."""
    with Modelbourse.login(username, password, url=url, retries=RETRIES) as client:
        write_kept(session_file(), client.kept())
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


def app() -> None:
    """Run the command; what goes wrong is told on stderr, with what to do next, and is exit status 1 (2: the command is misspelt)."""
    try:
        cli(prog_name="modelbourse")
    except (CommandError, ModelbourseError, OSError) as error:
        # An OSError is a file's: one that cannot be read, written or kept.
        first, *rest = lines_of(error)
        console = Console(stderr=True, highlight=False)
        console.print(f"[red]✗[/] {escape(first)}", soft_wrap=True)
        for line in rest:
            console.print(f"  {escape(line)}", soft_wrap=True)
        raise SystemExit(error.status if isinstance(error, CommandError) else 1) from error


if __name__ == "__main__":
    app()
