"""`modelbourse admin rebuild`: what the gateway shows of other services' documents, built anew."""

from typing import Annotated, Final

import typer

from modelbourse.asking import path_to
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, print_json, say

# In this order: a charge finds its job, and a subscription its listing.
VIEWS: Final = ("jobs", "charges", "listings", "subscriptions")
PATH: Final = "/admin/rebuild"


def rebuild(
    views: Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(VIEWS)}; all of them when none is given.")] = None,
    *,
    json_: JsonOption = False,
) -> None:
    """Build what the gateway shows of other services' documents anew, while everything runs; as often as you like."""
    client, done = open_client(), {}
    for view in views or VIEWS:
        read, after = 0, ""
        while True:
            page = client.call("POST", path_to(f"{PATH}/", view, then="", noun="view"), params={"after": after})
            read += page["read"]
            if page["next_after"] is None:
                break
            after = page["next_after"]
            if not json_:
                say(f"{view}: {read} of {max(read, page['count'])}")
        done[view] = read
        if not json_:
            say(f"{view}: all {read} done")
    if json_:
        print_json(done)
