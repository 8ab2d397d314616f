"""`modelbourse admin registry …`: promotions of all accounts that an admin has to agree to."""

from typing import Annotated, Final

import typer

from modelbourse.answers.engine.registry import ModelVersion, PendingVersions
from modelbourse.asking import path_to
from modelbourse.cli.finding import ACCOUNT
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, print_json, print_table, say

cli = typer.Typer(help="Promotions that an admin has to agree to (admins).", no_args_is_help=True)
PATH: Final = "/admin/registry"
COLUMNS: Final = ("account", "name", "version", "instead of", "model", "gate", "since")
AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Whose it is, as `list` shows it."), ACCOUNT]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The model's name in the registry.")]
Version = Annotated[int, typer.Argument(metavar="VERSION", help="Which version.")]
Note = Annotated[str, typer.Option(help="For its owner to read.")]


@cli.command("list")
def list_(*, json_: JsonOption = False) -> None:
    """List what waits, the longest first."""
    answer = open_client().call("GET", PATH, params={"limit": 100})
    if json_:
        return print_json(answer)
    found = PendingVersions.model_validate(answer)
    rows = [
        (
            each.account_id,
            each.version.model_name,
            each.version.version,
            each.replaces,
            each.version.model_id,
            "passes" if all(rule.passed for rule in each.version.gate) else "fails",
            each.asked_at,
        )
        for each in found.versions
    ]
    return print_table(COLUMNS, rows, title="waiting for an admin", drop=("since", "model"))


@cli.command()
def approve(account_id: AccountArgument, name: Name, version: Version, *, note: Note = "", json_: JsonOption = False) -> None:
    """Agree: it goes into production now, if it passes its gate still."""
    return _decide(account_id, name, version, word="approve", note=note, json_=json_)


@cli.command()
def decline(account_id: AccountArgument, name: Name, version: Version, *, note: Note = "", json_: JsonOption = False) -> None:
    """Turn it down; its owner reads the note."""
    return _decide(account_id, name, version, word="decline", note=note, json_=json_)


def _decide(account_id: str, name: str, version: int, *, word: str, note: str, json_: bool) -> None:
    path = path_to(f"{PATH}/", account_id, name, "versions", str(version), word, then="")
    answer = open_client().call("POST", path, body={"note": note})
    if json_:
        return print_json(answer)
    made = ModelVersion.model_validate(answer)
    return say(f"version {made.version} of {made.model_name} is {made.status}, {made.approval}")
