"""`modelbourse data candles`: candles of a symbol, as a table with a curve, as CSV or as JSON."""

import csv
import sys
from typing import Annotated, Any, Literal, cast

import typer

from modelbourse.answers.engine.candles import Candle, Candles
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, out, print_json, print_table, tell, width_of
from modelbourse.cli.sparkline import WIDTH, drawn

COLUMNS = ("opened", "closed", "open", "high", "low", "close", "volume")


def candles(
    symbol: Annotated[str, typer.Argument(metavar="SYMBOL", help="What they are of: yours, a live one, or one that comes with it.")],
    timeframe: Annotated[
        str | None, typer.Argument(metavar="[TIMEFRAME]", help="How long one is, 1m to 1w. Default: as they are kept.")
    ] = None,
    *,
    start: Annotated[str | None, typer.Option(help="The first day (UTC) or moment. Default: the newest candles.")] = None,
    end: Annotated[str | None, typer.Option(help="The last day (UTC) or moment. Default: the last there is.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 30,
    all_: Annotated[bool, typer.Option("--all", help="All candles of the window, however many; with --csv.")] = False,
    synthetic: Annotated[str | None, typer.Option(help="allow or never: whether generated candles may stand in.")] = None,
    csv_: Annotated[bool, typer.Option("--csv", help="Print CSV, and nothing else, on stdout.")] = False,
    json_: JsonOption = False,
) -> None:
    """Show candles of a symbol, and where they are from."""
    if (csv_ and json_) or (all_ and not csv_):
        message = "--csv goes without --json, and --all with --csv alone"
        raise typer.BadParameter(message)
    client, allowed = open_client(), cast("Literal['allow', 'never'] | None", synthetic)
    if all_:
        first = {} if start is None else {"start": start}
        return _print_csv(client.datasets.all_candles(symbol, timeframe, end=end, synthetic=allowed, **first))
    found = client.datasets.candles(symbol, timeframe, start=start, end=end, limit=limit, synthetic=allowed)
    if json_:
        return print_json(found)
    if csv_:
        return _print_csv(found.candles)
    return _print(found)


def _print(found: Candles) -> None:
    closes = [each.close for each in found.candles]
    mark = ", generated" if found.synthetic else ""
    title = f"{found.symbol} {found.timeframe} from {found.dataset_id or 'a generator'}{mark}, prices adjusted for {found.adjustment}"
    if closes:
        curve = drawn(closes, width=min(WIDTH, width_of(out()) or WIDTH))
        title += f"\nclose {min(closes):.6g} to {max(closes):.6g} {curve}".rstrip()
    rows = [(each.opened_at, each.closed_at, each.open, each.high, each.low, each.close, each.volume) for each in found.candles]
    print_table(COLUMNS, rows, title=title, drop=("opened", "volume"))
    if why := found.reasons.get("candles"):
        tell(why)
    if found.next_start:
        tell(f"There are more: go on with --start {found.next_start.isoformat()}")


def _print_csv(rows: Any) -> None:
    """Print candles as CSV, as they come; what is null is empty."""
    written = csv.DictWriter(sys.stdout, list(Candle.model_fields), lineterminator="\n", extrasaction="ignore")
    written.writeheader()
    for each in rows:
        written.writerow(each.as_json())
    sys.stdout.flush()
