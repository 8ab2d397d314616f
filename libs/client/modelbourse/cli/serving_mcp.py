"""`modelbourse mcp`: the platform as tools for an assistant, over stdin and stdout."""

from typing import Annotated

import typer

from modelbourse.cli.errors import CommandError
from modelbourse.cli.opening import open_client

MISSING = "serving assistants needs the package mcp: pip install 'modelbourse[mcp]'"


def mcp(
    *,
    write: Annotated[bool, typer.Option("--write", help="With tools that change things, or spend credits; else all of them read.")] = False,
) -> None:
    """Serve models, jobs, predictions, explanations, backtests, datasets and recipes as MCP tools, until stdin ends.

    modelbourse mcp --write
    """
    from modelbourse.mcp_server.serving import make_server  # noqa: PLC0415  # of this command alone

    try:
        server = make_server(open_client(), write=write)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "mcp":
            raise
        raise CommandError(MISSING) from error
    server.run("stdio")
