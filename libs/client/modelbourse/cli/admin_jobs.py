"""`modelbourse admin jobs …`: jobs of all accounts, for operators."""

from typing import Annotated, Any, Final

import typer

from modelbourse.answers.admin_jobs import AnyJobDetails, AnyJobPage
from modelbourse.asking import path_to
from modelbourse.cli.errors import CommandError
from modelbourse.cli.finding import ACCOUNT
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, counted, print_facts, print_json, print_table, say, shown
from modelbourse.cli.spending import Amounts
from modelbourse.errors import NotFoundError

cli = typer.Typer(help="Jobs of all accounts (admins).", no_args_is_help=True)
Id = Annotated[str, typer.Argument(metavar="JOB", help="A job's whole id, as `list` shows it.")]
PATH: Final = "/admin/jobs"
PAGE_SIZE: Final = 50
PAID: Final = {"cost", "refund"}
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
    client = open_client()
    answer = client.call("GET", PATH, params=wanted)
    if json_:
        return print_json(answer)
    found = AnyJobPage.model_validate(answer)
    amounts = Amounts(client)
    rows = [[amounts(job.cost) if name == "cost" else getattr(job, name) for name in COLUMNS] for job in found.results]
    title = counted(found.count, "job", page=page, page_size=PAGE_SIZE)
    return print_table([name.replace("_", " ") for name in COLUMNS], rows, title=title, drop=("created at", "cost", "ended at"))


@cli.command()
def show(job_id: Id, *, json_: JsonOption = False) -> None:
    """Show a job of any account, with its log."""
    answer = _call("GET", job_id)
    if json_:
        return print_json(answer)
    found = AnyJobDetails.model_validate(answer)
    amounts = Amounts(open_client())
    print_facts([(name.replace("_", " "), amounts(value) if name in PAID else value) for name, value in found if name != "logs"])
    for line in found.logs:
        say(f"{shown(line.timestamp)} {line.level:<7} {line.message}")
    return None


@cli.command()
def stop(
    job_id: Id,
    *,
    reason: Annotated[str, typer.Option(help="For its owner to read.", prompt="Why (its owner reads it)")],
    json_: JsonOption = False,
) -> None:
    """End a job; what it did not use is given back to its account, whose owner reads the reason."""
    job = _call("POST", job_id, then="/stop", body={"reason": reason})
    if json_:
        return print_json(job)
    # What has happened is said before the amount's currency is asked for, by which time the gateway may be away.
    say(f"{job_id} is {job['status']}")
    back = "nothing" if job["refund"] is None else Amounts(open_client())(job["refund"])
    return say(f"given back to {job['account_id']}: {back}")


@cli.command()
def requeue(job_id: Id, *, json_: JsonOption = False) -> None:
    """Run a failed job again, as another job of its account with the same spec; the second time changes nothing."""
    answer = _call("POST", job_id, then="/requeue")
    if json_:
        return print_json(answer)
    job = answer["job"]
    if job["ended_at"] is None:
        return say(f"{job_id} runs again as {job['id']}, which is {job['status']}")
    say(f"{job_id} ran again as {job['id']}, which is {job['status']}: nothing was started now")
    return say(f"→ run that one again: modelbourse admin jobs requeue {job['id']}") if job["status"] == "FAILED" else None


def _call(method: str, job_id: str, *, then: str = "", body: Any = None) -> Any:
    """Ask for a job of anybody. Raise CommandError where there is none: the caller's own list would not show it."""
    try:
        return open_client().call(method, path_to(f"{PATH}/", job_id, then=then), body=body)
    except NotFoundError as error:
        msg = f"{error.message} ({error.code})\n→ `modelbourse admin jobs list` shows all; give the whole id"
        raise CommandError(msg) from error
