"""`modelbourse dead …`: messages that could not be handled, for admins to look at, send again or drop."""

from typing import Annotated

import typer

from modelbourse.asking import path_to
from modelbourse.cli.finding import LETTER
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, counted, print_json, print_table, say

cli = typer.Typer(help="Messages that could not be handled (admins).", no_args_is_help=True)
Id = Annotated[
    str,
    typer.Argument(
        help="A dead letter's id, as `list` shows it, or its beginning.",
    ),
    LETTER,
]
PATH = "/admin/dead"
PAGE_SIZE = 50


@cli.command("list")
def list_(
    *, topic: Annotated[str | None, typer.Option(help="Only of this topic.")] = None, page: int = 1, json_: JsonOption = False
) -> None:
    """List dead letters, the newest first."""
    answer = open_client().call("GET", PATH, params={"page": page, "topic": topic})
    if json_:
        return print_json(answer)
    rows = [
        (
            letter["id"],
            letter["topic"],
            letter["key"],
            letter["failed_at"],
            f"{letter['error_type']}: {letter['error_message']}",
            letter["attempts"],
        )
        for letter in answer["results"]
    ]
    return print_table(
        ("id", "topic", "key", "failed at", "error", "attempts"),
        rows,
        title=counted(answer["count"], "dead letter", page=page, page_size=PAGE_SIZE),
    )


@cli.command()
def show(letter_id: Id, *, json_: JsonOption = False) -> None:  # noqa: ARG001  # it is JSON either way
    """Show one dead letter whole: headers, body and why it died."""
    print_json(open_client().call("GET", path_to(f"{PATH}/", letter_id, then="")))


@cli.command()
def replay(letter_id: Id, *, json_: JsonOption = False) -> None:
    """Send a dead letter to its topic again."""
    answer = open_client().call("POST", path_to(f"{PATH}/", letter_id, then="/replay"))
    print_json(answer) if json_ else say(f"{letter_id} was sent again")


@cli.command()
def drop(letter_id: Id, *, json_: JsonOption = False) -> None:
    """Drop a dead letter for good."""
    open_client().call("DELETE", path_to(f"{PATH}/", letter_id, then=""))
    print_json({"id": letter_id, "dropped": True}) if json_ else say(f"{letter_id} was dropped")
