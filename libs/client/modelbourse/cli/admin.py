"""`modelbourse admin …`: what operators do to a platform that runs."""

from typing import Annotated, Final

import typer

from modelbourse.asking import path_to
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import say

cli = typer.Typer(help="For operators (admins).", no_args_is_help=True)
# In this order: a charge finds its job, and a subscription its listing.
VIEWS: Final = ("jobs", "charges", "listings", "subscriptions")
PATH: Final = "/admin/rebuild"


@cli.callback()
def admin() -> None:
    """For operators (admins)."""


@cli.command()
def rebuild(
    views: Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(VIEWS)}; all of them when none is given.")] = None,
) -> None:
    """Build what the gateway shows of other services' documents anew, while everything runs; as often as you like."""
    client = open_client()
    for view in views or VIEWS:
        read, after = 0, ""
        while True:
            page = client.call("POST", path_to(f"{PATH}/", view, then="", noun="view"), params={"after": after})
            read += page["read"]
            if page["next_after"] is None:
                break
            after = page["next_after"]
            say(f"{view}: {read} of {max(read, page['count'])}")
        say(f"{view}: all {read} done")
