"""`modelbourse login`, `logout` and `whoami`."""

from typing import Annotated

import typer

from modelbourse.cli.opening import RETRIES, open_client
from modelbourse.cli.passwords import kept_off_the_command_line
from modelbourse.cli.showing import JsonOption, print_facts, print_json, say
from modelbourse.errors import RefusedError
from modelbourse.modelbourse import Modelbourse
from modelbourse.session import choose, read_device, read_kept, session_file, write_device, write_kept


def login(
    username: Annotated[str, typer.Option(prompt=True)],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, envvar="MODELBOURSE_PASSWORD", callback=kept_off_the_command_line)],
    url: Annotated[str | None, typer.Option(help="The gateway; default: MODELBOURSE_URL, else the local one.")] = None,
) -> None:
    """Log in to a gateway and stay logged in for the commands that follow."""
    where, _, _ = choose(url, None)
    with Modelbourse.login(username, password, url=where, device=read_device(where), retries=RETRIES) as client:
        write_kept(session_file(), client.kept())
        if client.device:
            write_device(client.url, client.device)
        say(f"logged in to {client.url} as {username}")


def logout() -> None:
    """End the login that is kept, and forget it."""
    kept = read_kept(session_file())
    if kept is None:
        return say("there is no login")
    try:
        # Its own token alone: whatever else the environment says is not what ends here.
        Modelbourse(kept.url, kept.token, retries=RETRIES).call("POST", "/auth/logout", body={"refresh_token": kept.refresh_token})
    except RefusedError as error:
        if error.status not in {400, 401}:  # Ended already.
            raise
    session_file().unlink(missing_ok=True)
    return say(f"logged out of {kept.url}")


def whoami(*, json_: JsonOption = False) -> None:
    """Say as whom, and at which gateway, commands are run."""
    client = open_client()
    me = client.me()
    if json_:
        return print_json(me)
    return print_facts([("username", me.username), ("email", me.email), ("tier", me.tier), ("role", me.role), ("gateway", client.url)])
