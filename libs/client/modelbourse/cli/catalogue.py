"""`modelbourse catalogue …`: what can be asked for."""

from typing import Annotated

import typer

from modelbourse.answers.catalogue import Symbol
from modelbourse.cli.errors import CommandError
from modelbourse.cli.nearest import did_you_mean
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, print_json, print_table

cli = typer.Typer(help="Algorithms, features and symbols.", no_args_is_help=True)


@cli.command()
def algorithms(
    name: Annotated[str | None, typer.Argument(help="Of this one, the hyperparameters.")] = None, *, json_: JsonOption = False
) -> None:
    """List algorithms, or one's hyperparameters."""
    found = open_client().catalogue.algorithms()
    if name is None:
        if json_:
            return print_json(found)
        rows = [(each.name, each.model_types, each.target_variables, each.description) for each in found.results]
        return print_table(("algorithm", "types", "targets", "what it is"), rows)
    known = {each.name: each for each in found.results}
    if name not in known:
        msg = f"there is no algorithm '{name}'.{did_you_mean(name, list(known))}"
        raise CommandError(msg)
    if json_:
        return print_json(known[name])
    settings = [(key, each.default, each.allowed, each.description) for key, each in known[name].hyperparameters.items()]
    return print_table(("hyperparameter", "default", "allowed", "what it is"), settings, title=name)


@cli.command()
def features(*, json_: JsonOption = False) -> None:
    """List families of features, and how their names are spelt."""
    found = open_client().catalogue.features()
    if json_:
        return print_json(found)
    rows = [(each.name, each.group, each.spellings, each.unit, each.description) for each in found.results]
    return print_table(("feature", "group", "spellings", "unit", "what it is"), rows, drop=("group", "unit"))


@cli.command()
def symbols(*, json_: JsonOption = False) -> None:
    """List what there are real candles for, of which days, and what trading them costs by default."""
    found = open_client().catalogue.symbols()
    if json_:
        return print_json(found)
    columns = ("symbol", "name", "class", "timeframes", "from", "to", "commission", "slippage", "borrowing a year", "source")
    rows = [
        (*(each.symbol, each.name, each.asset_class, each.timeframes, each.start_date, each.end_date), *_costs(each), each.source)
        for each in found.results
    ]
    return print_table(columns, rows, drop=("source", "borrowing a year", "slippage", "commission", "class"))


def _costs(symbol: Symbol) -> tuple[float, float, float]:
    costs = symbol.default_costs
    return costs.commission, costs.slippage, costs.borrow_rate
