"""`modelbourse password`: change it, and decide about API keys."""

from typing import Annotated

import typer

from modelbourse.cli.opening import open_client
from modelbourse.cli.passwords import kept_off_the_command_line
from modelbourse.cli.showing import JsonOption, print_json, print_table, say


def password(
    current: Annotated[
        str,
        typer.Option(
            prompt="Present password",
            hide_input=True,
            envvar="MODELBOURSE_PASSWORD",
            callback=kept_off_the_command_line,
            help="Asked for, or the environment's.",
        ),
    ],
    new: Annotated[
        str,
        typer.Option(
            prompt="New password",
            hide_input=True,
            confirmation_prompt=True,
            envvar="MODELBOURSE_NEW_PASSWORD",
            callback=kept_off_the_command_line,
            help="Asked for, or the environment's.",
        ),
    ],
    *,
    revoke_keys: Annotated[
        bool | None, typer.Option("--revoke-keys/--keep-keys", help="What becomes of your API keys; asked for when you have some.")
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Change your password: every other log-in ends, this one goes on."""
    client = open_client()
    if revoke_keys is None:
        revoke_keys = bool(keys := client.keys.list()) and typer.confirm(
            f"Revoke your API keys ({len(keys)}) as well? Programs that use them stop", default=False, err=True
        )
    changed = client.change_password(current, new, revoke_api_keys=revoke_keys)
    if json_:
        return print_json(changed)
    say(changed.message)
    if changed.revoked_api_keys:
        say(f"API keys revoked: {changed.revoked_api_keys}")
    if not changed.valid_api_keys:
        return None
    rows = [(key.id, key.name, key.prefix, key.scopes, key.expires_at) for key in changed.valid_api_keys]
    return print_table(("id", "name", "begins with", "scopes", "expires"), rows, title="API keys that are still good")
