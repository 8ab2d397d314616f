"""The `modelbourse` command."""

import json
import os
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from libs.client.cli import dead
from libs.client.cli.machine import examine
from libs.client.cli.session import CommandError, log_in, open_session

cli = typer.Typer(help="Modelbourse from the command line.", no_args_is_help=True, pretty_exceptions_enable=False)
cli.add_typer(dead.cli, name="dead")
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@cli.command()
def doctor(*, json_: JsonOption = False) -> None:
    """Say what this machine has and lacks to run a platform; exit status 1 when something needed is missing."""
    findings = list(examine(os.environ))
    if json_:
        rows = [{"name": f.name, "found": f.found, "needed": f.needed, "detail": f.detail} for f in findings]
        sys.stdout.write(json.dumps(rows, indent=1) + "\n")
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
    """Log in to a gateway and keep the access token for the commands that follow."""
    where = (url or open_session().url).rstrip("/")
    log_in(where, username=username, password=password)
    Console().print(f"logged in to {where} as {username}")


def app() -> None:
    """Run the command; what goes wrong is one sentence on stderr and exit status 1."""
    try:
        cli()
    except CommandError as error:
        Console(stderr=True, highlight=False).print(f"[red]✗[/] {escape(str(error))}", soft_wrap=True)
        raise SystemExit(1) from error


if __name__ == "__main__":
    app()
