"""`modelbourse admin ledger check`: whether the books add up; exit status 1 when something is wrong."""

from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, print_json, print_table, say

cli = typer.Typer(help="The ledger of compute hours and money (admins).", no_args_is_help=True)
COLUMNS = ("code", "account_id", "subject", "expected", "found")


@cli.callback()
def ledger() -> None:
    """Check the ledger of compute hours and money (admins)."""


@cli.command()
def check(*, json_: JsonOption = False) -> None:
    """Recompute the books of every account, while everything runs. Exit status 1 when something is wrong."""
    accounts, faults = _checked()
    if json_:
        print_json({"accounts": accounts, "faults": faults})
    elif faults:
        print_table([name.replace("_", " ") for name in COLUMNS], [[fault[name] for name in COLUMNS] for fault in faults])
        for fault in faults:
            say(fault["message"])
    else:
        say(f"the books of {accounts} {'account' if accounts == 1 else 'accounts'} add up")
    if faults:
        raise typer.Exit(1)


def _checked() -> tuple[int, list[dict[str, Any]]]:
    """Walk over all pages, with a bar in a terminal; return how many accounts there were, and what is wrong."""
    client, after = open_client(), ""
    accounts, faults = 0, list[dict[str, Any]]()
    columns = (TextColumn("accounts"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task("accounts", total=None)
        while True:
            page = client.call("POST", "/admin/ledger/check", params={"after": after})
            accounts, faults = accounts + page["accounts"], faults + page["faults"]
            bars.update(task, completed=accounts, total=max(accounts, page["count"]))
            if page["next_after"] is None:
                return accounts, faults
            after = page["next_after"]
