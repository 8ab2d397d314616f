"""An MCP server on stdin and stdout: the tools of this package, for an assistant that speaks the Model Context Protocol."""

import functools
import inspect
from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from modelbourse.errors import ModelbourseError, RefusedError
from modelbourse.mcp_server.reading import ReadingTools
from modelbourse.mcp_server.writing import WritingTools
from modelbourse.modelbourse import Modelbourse

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

NAME: Final = "modelbourse"
HINTS: Final = (
    "Tools of a Modelbourse gateway: market models and their trainings, predictions, explanations, backtests, datasets, recipes and runs. "
    "Figures are measured out of sample and stand beside baselines; null has its reason in `reasons`. {mode}"
)
READS: Final = "All tools read; nothing can be changed."
WRITES: Final = "Some tools change things or spend credits: ask the person before."
ENDS: Final = frozenset({"cancel_job", "cancel_backtest", "cancel_run"})


def make_server(client: Modelbourse, *, write: bool) -> "MCPServer[Any]":
    """Return the server with its tools; those that change something are there with `write` alone. It needs the package mcp."""
    from mcp.server.mcpserver import MCPServer  # noqa: PLC0415  # an extra
    from mcp.types import ToolAnnotations  # noqa: PLC0415  # as above

    mode = WRITES if write else READS
    server: MCPServer[Any] = MCPServer(NAME, instructions=HINTS.format(mode=mode), version=version(NAME), log_level="WARNING")
    for name, tool in tools_of(ReadingTools(client)).items():
        server.add_tool(told(tool), name=name, annotations=ToolAnnotations(read_only_hint=True))
    for name, tool in tools_of(WritingTools(client)).items() if write else ():
        ends = name in ENDS
        server.add_tool(
            told(tool), name=name, annotations=ToolAnnotations(read_only_hint=False, destructive_hint=ends, idempotent_hint=ends)
        )
    return server


def tools_of(tools: object) -> dict[str, Callable[..., Any]]:
    """Return the public methods of an object, by name."""
    return {name: method for name, method in inspect.getmembers(tools, inspect.ismethod) if not name.startswith("_")}


def told(tool: Callable[..., Any]) -> Callable[..., Any]:
    """Return a tool whose errors are told in words, without a trace, an address or a credential."""
    from mcp.server.mcpserver.exceptions import ToolError  # noqa: PLC0415  # an extra

    @functools.wraps(tool)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return tool(*args, **kwargs)
        except ModelbourseError as error:
            raise ToolError(words_of(error)) from None

    return call


def words_of(error: ModelbourseError) -> str:
    """Return what to say of an error: what is wrong, and each field with what is allowed there."""
    if not isinstance(error, RefusedError):
        return str(error)
    fields = [f"{field}: {problem}" for field, each in error.details.items() for problem in each if problem not in error.message]
    return "\n".join([f"{error.message} (HTTP {error.status})", *fields])
