"""`modelbourse admin jobs …`: jobs of all accounts, for operators."""

from typing import Annotated, Any, Final

import typer

from modelbourse.asking import path_to
from modelbourse.cli.finding import ACCOUNT
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, counted, print_facts, print_json, print_table, say

cli = typer.Typer(help="Jobs of all accounts (admins).", no_args_is_help=True)
Id = Annotated[str, typer.Argument(metavar="JOB", help="A job's id, as `list` shows it.")]
PATH: Final = "/admin/jobs"
PAGE_SIZE: Final = 50
COLUMNS: Final = ("id", "kind", "status", "account_id", "created_at", "ended_at", "cost", "error")


@cli.command("list")
def list_(
    *,
    account_id: Annotated[str | None, typer.Option("--account", metavar="ACCOUNT", help="Only of this account."), ACCOUNT] = None,
    kind: Annotated[str | None, typer.Option(help="Only of this kind: train, backtest, validate or refresh.")] = None,
    status: Annotated[str | None, typer.Option(help="Only PENDING, RUNNING, COMPLETED, FAILED or CANCELLED ones.")] = None,
    page: int = 1,
    json_: JsonOption = False,
) -> None:
    """List jobs of all accounts and kinds, the newest first."""
    wanted = {"page": page, "account": account_id, "kind": kind, "status": status and status.upper()}
    answer = open_client().call("GET", PATH, params=wanted)
    if json_:
        return print_json(answer)
    rows = [[job[name] for name in COLUMNS] for job in answer["results"]]
    title = counted(answer["count"], "job", page=page, page_size=PAGE_SIZE)
    return print_table([name.replace("_", " ") for name in COLUMNS], rows, title=title, drop=("created at", "cost", "ended at"))


@cli.command()
def show(job_id: Id, *, json_: JsonOption = False) -> None:
    """Show a job of any account, with its log."""
    found = open_client().call("GET", path_to(f"{PATH}/", job_id, then=""))
    if json_:
        return print_json(found)
    lines = found.pop("logs")
    print_facts([(name.replace("_", " "), value) for name, value in found.items()])
    for line in lines:
        say(f"{line['timestamp']} {line['level']:<7} {line['message']}")
    return None


@cli.command()
def stop(
    job_id: Id,
    *,
    reason: Annotated[str, typer.Option(help="For its owner to read.", prompt="Why (its owner reads it)")],
    json_: JsonOption = False,
) -> None:
    """End a job; what it did not use is given back to its account, whose owner reads the reason."""
    job = open_client().call("POST", path_to(f"{PATH}/", job_id, then="/stop"), body={"reason": reason})
    print_json(job) if json_ else say(f"{job_id} is {job['status']}; given back to {job['account_id']}: {_money(job['refund'])}")


@cli.command()
def requeue(job_id: Id, *, json_: JsonOption = False) -> None:
    """Run a failed job again, as another job of its account with the same spec; the second time changes nothing."""
    answer = open_client().call("POST", path_to(f"{PATH}/", job_id, then="/requeue"))
    job = answer["job"]
    print_json(answer) if json_ else say(f"{job_id} runs again as {job['id']}, which is {job['status']}")


def _money(amount: Any) -> str:
    return "nothing" if amount is None else f"${amount}"
