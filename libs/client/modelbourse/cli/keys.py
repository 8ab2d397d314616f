"""`modelbourse keys …`: credentials for programs."""

from typing import Annotated, cast

import typer

from modelbourse.cli import completing
from modelbourse.cli.finding import KEY
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, counted, print_facts, print_json, print_table, say
from modelbourse.keys import KeyScope

cli = typer.Typer(help="API keys, for programs.", no_args_is_help=True)
KeyId = Annotated[
    str | None, typer.Argument(metavar="KEY", help="A key's id, its beginning, or its name.", autocompletion=completing.key_ids), KEY
]


@cli.command("list")
def list_(*, json_: JsonOption = False) -> None:
    """List your API keys, without their secrets."""
    found = open_client().keys.list()
    if json_:
        return print_json([key.as_json() for key in found])
    rows = [(key.id, key.name, key.prefix, key.scopes, key.created_at, key.expires_at, key.last_used_at) for key in found]
    columns = ("id", "name", "begins with", "scopes", "created", "expires", "last used")
    title = f"{len(rows)} key{'' if len(rows) == 1 else 's'}"
    return print_table(columns, rows, title=title, drop=("created", "last used", "begins with"))


@cli.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    *,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="What it is good for, repeatable: read, write, train, predict, export, register (admin for admins)."),
    ] = None,
    expires: Annotated[str | None, typer.Option(help="When it ends, such as 2027-01-01T00:00:00Z; never by default.")] = None,
    json_: JsonOption = False,
) -> None:
    """Make an API key, to read and predict with unless --scope says otherwise. It is shown this once: keep it."""
    made = open_client().keys.create(name, scopes=cast("list[KeyScope] | None", scope), expires_at=expires)
    if json_:
        return print_json(made)
    print_facts([("id", made.id), ("scopes", made.scopes), ("expires", made.expires_at), ("key", made.key)])
    return say("Programs give it as MODELBOURSE_TOKEN, or in the header `Authorization: Bearer …`.")


@cli.command()
def revoke(
    key_id: KeyId = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="End every API key of yours.")] = False,
    json_: JsonOption = False,
) -> None:
    """End an API key, or with --all every one, within seconds everywhere."""
    if (key_id is None) is not all_:
        message = "name one key, or --all"
        raise typer.BadParameter(message)
    if key_id is None:
        gone = open_client().keys.revoke_all()
        return print_json({"revoked_api_keys": gone}) if json_ else say(f"revoked {counted(gone, 'key', page=1, page_size=1000)}")
    open_client().keys.revoke(key_id)
    return print_json({"id": key_id, "revoked": True}) if json_ else say(f"revoked {key_id}")
