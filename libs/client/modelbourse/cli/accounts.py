"""`modelbourse admin accounts …`: look at accounts, keep one out, end its log-ins and API keys, for admins."""

from typing import Annotated, Any, Final

import typer

from modelbourse.answers.admin import AccountDetails, AccountPage
from modelbourse.asking import path_to
from modelbourse.cli.finding import ACCOUNT
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, counted, print_facts, print_json, print_table, say

cli = typer.Typer(help="Accounts (admins).", no_args_is_help=True)
sessions = typer.Typer(help="End an account's log-ins.", no_args_is_help=True)
keys = typer.Typer(help="End an account's API keys.", no_args_is_help=True)
Id = Annotated[str, typer.Argument(metavar="ACCOUNT", help="An account's name or id."), ACCOUNT]
PATH: Final = "/admin/accounts"
PAGE_SIZE: Final = 50
FACTS: Final = {"erasing_at": "erasure under way since"}


@cli.callback()
def accounts() -> None:
    """Accounts (admins)."""


@sessions.callback()
def _sessions() -> None:
    """End an account's log-ins."""


@keys.callback()
def _keys() -> None:
    """End an account's API keys."""


@cli.command("list")
def list_(
    *,
    role: Annotated[str | None, typer.Option(help="Only with this role: user or admin.")] = None,
    tier: Annotated[str | None, typer.Option(help="Only of this tier: free, pro or elite.")] = None,
    name: Annotated[str | None, typer.Option(help="Only those whose names begin so; not with --role or --tier.")] = None,
    page: int = 1,
    json_: JsonOption = False,
) -> None:
    """List accounts, the oldest first."""
    answer = open_client().call("GET", PATH, params={"page": page, "role": role, "tier": tier, "username": name})
    if json_:
        return print_json(answer)
    found = AccountPage.model_validate(answer)
    columns = ("id", "username", "role", "tier", "created_at", "suspended_at")
    rows = [(*(getattr(each, column) for column in columns), "under way" if each.erasing_at else each.erased_at) for each in found.results]
    title = counted(found.count, "account", page=page, page_size=PAGE_SIZE)
    return print_table(("id", "username", "role", "tier", "created", "suspended", "erased"), rows, title=title)


@cli.command()
def show(account_id: Id, *, json_: JsonOption = False) -> None:
    """Show an account: its role and tier, its log-ins and API keys, and how many jobs it has under way."""
    answer = open_client().call("GET", path_to(f"{PATH}/", account_id, then=""))
    if json_:
        return print_json(answer)
    found = AccountDetails.model_validate(answer)
    # Until all is done it is not erased, though its name is gone.
    left_out = {"api_keys"} | ({"erased_at"} if found.erasing_at else set())
    print_facts([(FACTS.get(name, name.replace("_", " ")), value) for name, value in found if name not in left_out])
    rows = [(key.id, key.name, key.prefix, key.scopes, key.expires_at, key.last_used_at) for key in found.api_keys]
    return print_table(("id", "name", "begins with", "scopes", "expires", "last used"), rows, title=f"API keys: {len(rows)}")


@cli.command()
def suspend(account_id: Id, *, json_: JsonOption = False) -> None:
    """Keep an account out: its log-ins end, its keys are refused, its jobs are cancelled, its webhooks stop, nobody new subscribes."""
    _do(account_id, "suspend", "{id} is suspended", json_=json_)


@cli.command()
def resume(account_id: Id, *, json_: JsonOption = False) -> None:
    """Let a suspended account in again."""
    _do(account_id, "resume", "{id} may log in again", json_=json_)


@cli.command("end-sessions", hidden=True)
@sessions.command("revoke")
def end_sessions(account_id: Id, *, json_: JsonOption = False) -> None:
    """End every log-in of an account, within seconds everywhere."""
    _do(account_id, "sessions/revoke", f"every log-in of {account_id} has ended", json_=json_)


@cli.command("revoke-keys", hidden=True)
@keys.command("revoke")
def revoke_keys(account_id: Id, *, json_: JsonOption = False) -> None:
    """Revoke every API key of an account, within seconds everywhere."""
    _do(account_id, "keys/revoke", f"API keys of {account_id} revoked: {{revoked_api_keys}}", json_=json_)


cli.add_typer(sessions, name="sessions")
cli.add_typer(keys, name="keys")


def _do(account_id: str, what: str, told: str, *, json_: bool) -> None:
    answer: dict[str, Any] = open_client().call("POST", path_to(f"{PATH}/", account_id, then=f"/{what}"))
    print_json(answer) if json_ else say(told.format_map(answer))
