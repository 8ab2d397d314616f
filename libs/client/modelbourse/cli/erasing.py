"""`modelbourse admin erase-account`: all that says who somebody was is taken away, for good."""

from typing import Annotated

import typer

from modelbourse.asking import path_to
from modelbourse.cli.accounts import PATH, Id
from modelbourse.cli.errors import CommandError
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, print_json, say


def erase_account(
    account_id: Id,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for the name again.")] = False,
    json_: JsonOption = False,
) -> None:
    """Erase an account for good: its name, email, keys, webhooks, datasets, models and listings; the ledger keeps its id alone."""
    client = open_client()
    name = client.call("GET", path_to(f"{PATH}/", account_id, then=""))["username"]
    if not yes and typer.prompt(f"This cannot be undone. Type the account's name ({name}) to erase it") != name:
        message = "that is another name: nothing was erased"
        raise CommandError(message)
    erasure = client.call("POST", path_to(f"{PATH}/", account_id, then="/erase"), body={"username": name})
    if json_:
        return print_json(erasure)
    if erasure["done"]:
        return say(f"{account_id} is erased; what it has paid and used stays in the ledger, under this id")
    for what in erasure["waits_for"]:
        say(f"{account_id} is being erased, which waits for: {what}")
    return say("It goes on by itself; the same command says how far it has come.")
