"""`modelbourse accounts …`: look at accounts, keep one out, end its log-ins and API keys, for admins."""

from typing import Annotated, Any

import typer

from modelbourse.asking import path_to
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, print_json, print_table, say

cli = typer.Typer(help="Accounts (admins).", no_args_is_help=True)
Id = Annotated[str, typer.Argument(metavar="ACCOUNT", help="An account's id, as `list` shows it.")]
PATH = "/admin/accounts"


@cli.command("list")
def list_(
    *,
    role: Annotated[str | None, typer.Option(help="Only with this role: user or admin.")] = None,
    tier: Annotated[str | None, typer.Option(help="Only of this tier: free, pro or elite.")] = None,
    page: int = 1,
    json_: JsonOption = False,
) -> None:
    """List accounts, the oldest first."""
    answer = open_client().call("GET", PATH, params={"page": page, "role": role, "tier": tier})
    if json_:
        return print_json(answer)
    columns = ("id", "username", "role", "tier", "created_at", "suspended_at")
    rows = [[account[name] for name in columns] for account in answer["results"]]
    return print_table(("id", "username", "role", "tier", "created", "suspended"), rows, title=f"{answer['count']} accounts")


@cli.command()
def suspend(account_id: Id) -> None:
    """Keep an account out: its log-ins end, its keys are refused, its jobs are cancelled, its webhooks stop, nobody new subscribes."""
    _do(account_id, "suspend")
    say(f"{account_id} is suspended")


@cli.command()
def resume(account_id: Id) -> None:
    """Let a suspended account in again."""
    _do(account_id, "resume")
    say(f"{account_id} may log in again")


@cli.command("end-sessions")
def end_sessions(account_id: Id) -> None:
    """End every log-in of an account."""
    _do(account_id, "sessions/revoke")
    say(f"every log-in of {account_id} has ended")


@cli.command("revoke-keys")
def revoke_keys(account_id: Id) -> None:
    """Revoke every API key of an account."""
    gone = _do(account_id, "keys/revoke")["revoked_api_keys"]
    say(f"API keys of {account_id} revoked: {gone}")


def _do(account_id: str, what: str) -> Any:
    return open_client().call("POST", path_to(f"{PATH}/", account_id, then=f"/{what}"))
