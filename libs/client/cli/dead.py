"""`modelbourse dead …`: messages that could not be handled, for admins to look at, send again or drop."""

import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from libs.client.cli.session import open_session

cli = typer.Typer(help="Messages that could not be handled (admins).", no_args_is_help=True)
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Id = Annotated[str, typer.Argument(help="A dead letter's id, as `list` shows it.")]
PATH = "/admin/dead"


@cli.command("list")
def list_(
    *, topic: Annotated[str | None, typer.Option(help="Only of this topic.")] = None, page: int = 1, json_: JsonOption = False
) -> None:
    """List dead letters, the newest first."""
    answer = open_session().call("GET", PATH, params={"page": page} | ({"topic": topic} if topic else {}))
    if json_:
        _print_json(answer)
        return
    table = Table("id", "topic", "key", "failed at", "error", "attempts", title=f"{answer['count']} dead letters")
    for letter in answer["results"]:
        error = f"{letter['error_type']}: {letter['error_message']}"
        table.add_row(letter["id"], letter["topic"], letter["key"] or "-", letter["failed_at"], error[:80], str(letter["attempts"]))
    Console().print(table)


@cli.command()
def show(letter_id: Id) -> None:
    """Show one dead letter whole: headers, body and why it died."""
    _print_json(open_session().call("GET", f"{PATH}/{letter_id}"))


@cli.command()
def replay(letter_id: Id) -> None:
    """Send a dead letter to its topic again."""
    open_session().call("POST", f"{PATH}/{letter_id}/replay")
    Console().print(f"{letter_id} was sent again")


@cli.command()
def drop(letter_id: Id) -> None:
    """Drop a dead letter for good."""
    open_session().call("DELETE", f"{PATH}/{letter_id}")
    Console().print(f"{letter_id} was dropped")


def _print_json(answer: Any) -> None:
    sys.stdout.write(json.dumps(answer, indent=1, ensure_ascii=False) + "\n")
