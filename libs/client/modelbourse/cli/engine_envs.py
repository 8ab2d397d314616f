"""`modelbourse engine envs …`: environments in which agents learn to trade."""

from typing import Annotated, Any, Final

import typer

from modelbourse.answers.engine.environments import Environment
from modelbourse.cli import completing
from modelbourse.cli.engine_models import pairs
from modelbourse.cli.errors import CommandError
from modelbourse.cli.finding import DATASET
from modelbourse.cli.given import EnvironmentId, read_json
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, PageOption, SizeOption, counted, print_facts, print_json, print_table, say

cli = typer.Typer(help="Environments in which agents learn to trade.", no_args_is_help=True)
DatasetsOption = Annotated[
    list[str] | None,
    typer.Option("--dataset", help="Whose candles, one a symbol, repeatable.", autocompletion=completing.dataset_ids),
    DATASET,
]
FromOption = Annotated[str | None, typer.Option("--from", metavar="DAY", help="The first day (UTC): 2005-01-03.")]
ToOption = Annotated[str | None, typer.Option("--to", metavar="DAY", help="The last day (UTC).")]
MARKS: Final = {"active": "green", "created": "cyan"}


@cli.command("list")
def list_(
    *,
    status: Annotated[str | None, typer.Option(help="created, active or inactive.")] = None,
    page: PageOption = 1,
    page_size: SizeOption = 20,
    json_: JsonOption = False,
) -> None:
    """List your environments, the oldest first."""
    found = open_client().engine.environments.list(status=status, limit=page_size, offset=(page - 1) * page_size)
    if json_:
        return print_json(found)
    rows = [(row.id, row.name, row.type, row.status, row.created_at) for row in found.environments]
    title = counted(found.total, "environment", page=page, page_size=page_size)
    return print_table(("id", "name", "type", "status", "created"), rows, title=title, drop=("created",), marks=MARKS)


@cli.command()
def show(environment_id: EnvironmentId, *, json_: JsonOption = False) -> None:
    """Show an environment: what an agent trades, sees, may do and is rewarded for."""
    environment = open_client().engine.environments.get(environment_id)
    return print_json(environment) if json_ else print_facts(_facts(environment))


@cli.command()
def create(
    *,
    file: Annotated[str | None, typer.Option("--file", help="The whole request as JSON (`-`: stdin), as the API takes it.")] = None,
    name: Annotated[str | None, typer.Option(help="How it is called.")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="stock_trading, portfolio_optimization or crypto_trading.")] = None,
    symbol: Annotated[list[str] | None, typer.Option(help="What is traded, repeatable.", autocompletion=completing.symbols)] = None,
    dataset: DatasetsOption = None,
    start: FromOption = None,
    end: ToOption = None,
    param: Annotated[list[str] | None, typer.Option(help="A parameter, `reward_function=sharpe_ratio`, repeatable.")] = None,
    json_: JsonOption = False,
) -> None:
    """Make an environment.

    modelbourse engine envs create --name Apple --type stock_trading --symbol AAPL --param reward_function=sharpe_ratio
    """
    told = {"name": name, "type": type_, "symbols": symbol or None, "parameters": pairs(param) or None}
    told |= {"dataset_id": dataset or None, "start_date": start, "end_date": end}
    body = (_of_file(read_json(file)) if file else {}) | {key: value for key, value in told.items() if value is not None}
    if missing := [key for key in ("name", "type") if key not in body]:
        message = f"say {', '.join(f'--{key}' for key in missing)}, or give a --file"
        raise CommandError(message)
    environment = open_client().engine.environments.create(**body)
    if json_:
        return print_json(environment)
    return say(f"created {environment.id}; train in it: modelbourse engine agents train {environment.id} --type ppo")


@cli.command()
def delete(environment_id: EnvironmentId, *, json_: JsonOption = False) -> None:
    """Delete an environment with all of its agents."""
    gone = open_client().engine.environments.delete(environment_id)
    return print_json(gone) if json_ else say(f"deleted {environment_id}")


def _of_file(read: dict[str, Any]) -> dict[str, Any]:
    """Return a request by the names that the client has for it."""
    source = dict(read.get("data_source") or {})
    source.pop("type", None)
    several = source.pop("dataset_ids", None)
    body = {key: value for key, value in read.items() if key != "data_source"} | source
    return body | ({"dataset_id": several} if several else {})


def _facts(environment: Environment) -> list[tuple[str, Any]]:
    source = environment.data_source
    return [
        ("id", environment.id),
        ("name", environment.name),
        ("type", environment.type),
        ("status", environment.status),
        *environment.parameters.as_json().items(),
        ("datasets", source.dataset_ids or None),
        ("days", f"{source.start_date or 'first'} to {source.end_date or 'last'}"),
        ("created", environment.created_at),
    ]
