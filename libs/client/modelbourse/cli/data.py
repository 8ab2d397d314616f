"""`modelbourse data …`: send your own data, see what was understood and what is wrong with it, append, download, delete."""

import tempfile
from pathlib import Path
from typing import Annotated, Any, cast, get_args

import typer

from modelbourse.answers.datasets import Kind, Status
from modelbourse.cli import completing
from modelbourse.cli.data_candles import candles
from modelbourse.cli.data_sending import pairs_of, send
from modelbourse.cli.data_shown import print_dataset
from modelbourse.cli.errors import CommandError
from modelbourse.cli.finding import DATASET
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, PageOption, SizeOption, counted, print_json, print_table, say, tell
from modelbourse.datasets import FileFormat, Source

cli = typer.Typer(help="Data: yours, what the platform goes on fetching (live series), and what comes with it.", no_args_is_help=True)
DatasetId = Annotated[
    str,
    typer.Argument(metavar="DATASET", help="A dataset's id, its beginning, or its name.", autocompletion=completing.dataset_ids),
    DATASET,
]
FilePath = Annotated[str, typer.Argument(metavar="FILE", help="A CSV or Parquet file (`-`: stdin).")]
SymbolOption = Annotated[str | None, typer.Option(help="What the candles are of: usable wherever a symbol is.")]
TimeframeOption = Annotated[str | None, typer.Option(help="How long a candle is: 1m 5m 15m 30m 1h 4h 1d 1w. Default: told by its times.")]
KindOption = Annotated[str | None, typer.Option(help="candles (the default), text or table.")]
ZoneOption = Annotated[str | None, typer.Option("--tz", help="The zone of times that say none, `Europe/Berlin`. Default: UTC.")]
CalendarOption = Annotated[str | None, typer.Option(help="When the market trades: 24/7, 24/5, XNYS … Default: as its times tell.")]
ColumnOption = Annotated[list[str] | None, typer.Option("--column", help="What the file calls a column, `close=Last price`, repeatable.")]
WaitOption = Annotated[bool, typer.Option("--wait/--detach", help="Wait for its check, or only send it.")]
TimeoutOption = Annotated[float | None, typer.Option(help="Wait for so many seconds at most.")]
VersionOption = Annotated[int | None, typer.Option("--version", min=1, help="Which version. Default: the newest that can be used.")]


@cli.command()
def upload(
    file: FilePath,
    *,
    symbol: SymbolOption = None,
    timeframe: TimeframeOption = None,
    name: Annotated[str | None, typer.Option(help="What you call it. Default: its symbol, else the file's name.")] = None,
    kind: KindOption = None,
    tz: ZoneOption = None,
    calendar: CalendarOption = None,
    column: ColumnOption = None,
    wait: WaitOption = True,
    timeout: TimeoutOption = None,
    json_: JsonOption = False,
) -> None:
    """Send a file and wait for its check: what was understood, what was found. Exit status 1 when it cannot be used."""
    said = _said(file, kind, name=name, symbol=symbol, timeframe=timeframe, tz=tz, calendar=calendar, columns=pairs_of(column))
    client = open_client()
    send(
        client,
        file,
        lambda opened, watch: client.datasets.upload(opened, on_progress=watch, **said),
        wait=wait,
        timeout=timeout,
        json_=json_,
    )


@cli.command()
def check(
    file: FilePath,
    *,
    symbol: SymbolOption = None,
    timeframe: TimeframeOption = None,
    kind: KindOption = None,
    tz: ZoneOption = None,
    calendar: CalendarOption = None,
    column: ColumnOption = None,
    timeout: TimeoutOption = None,
    json_: JsonOption = False,
) -> None:
    """Check a file, and keep nothing of it. Exit status 1 when it could not be used."""
    said = _said(file, kind, symbol=symbol, timeframe=timeframe, tz=tz, calendar=calendar, columns=pairs_of(column))
    client = open_client()
    send(
        client,
        file,
        lambda opened, watch: client.datasets.upload(opened, dry_run=True, on_progress=watch, **said),
        timeout=timeout,
        kept=False,
        json_=json_,
    )


@cli.command()
def append(
    dataset_id: DatasetId,
    file: FilePath,
    *,
    revise: Annotated[bool, typer.Option("--revise", help="Rows that are there already may have other values.")] = False,
    tz: ZoneOption = None,
    column: ColumnOption = None,
    wait: WaitOption = True,
    timeout: TimeoutOption = None,
    json_: JsonOption = False,
) -> None:
    """Send further rows: they make the next version. Exit status 1 when they cannot be used; the version before stays."""
    columns, client = pairs_of(column), open_client()
    send(
        client,
        file,
        lambda opened, watch: client.datasets.append(dataset_id, opened, revise=revise, tz=tz, columns=columns, on_progress=watch),
        wait=wait,
        timeout=timeout,
        json_=json_,
    )


@cli.command("list")
def list_(
    *,
    kind: Annotated[str | None, typer.Option(help="Only datasets of this kind: candles, text, table.")] = None,
    symbol: Annotated[str | None, typer.Option(help="Only candles of this symbol.")] = None,
    status: Annotated[str | None, typer.Option(help="Only datasets in this status: checking, ready, refused.")] = None,
    source: Annotated[
        str | None,
        typer.Option(help="Only yours (uploaded), those that the platform goes on fetching (live), or that come with it (packaged)."),
    ] = None,
    page: PageOption = 1,
    page_size: SizeOption = 20,
    json_: JsonOption = False,
) -> None:
    """List your datasets, the newest first, and after them live series and those that come with the platform."""
    found = open_client().datasets.page(
        kind=cast("Kind | None", kind),
        symbol=symbol,
        status=cast("Status | None", status),
        source=cast("Source | None", source),
        limit=page_size,
        offset=(page - 1) * page_size,
    )
    if json_:
        return print_json(found)
    rows = [
        (row.id, row.name, row.kind, row.symbol, row.timeframe, row.status, row.rows, row.start, row.end, row.source)
        for row in found.datasets
    ]
    columns = ("id", "name", "kind", "symbol", "timeframe", "status", "rows", "from", "to", "source")
    title = counted(found.total, "dataset", page=page, page_size=page_size)
    return print_table(columns, rows, title=title, drop=("source", "kind", "from", "rows", "to"))


@cli.command()
def show(
    dataset_id: DatasetId,
    *,
    version: VersionOption = None,
    html: Annotated[Path | None, typer.Option(help="Also save its health check as a page, with a chart, in this file.")] = None,
    open_: Annotated[bool, typer.Option("--open", help="Also open that page in a browser.")] = False,
    json_: JsonOption = False,
) -> None:
    """Show a dataset: what was understood, its health check, its versions, and what was trained on it."""
    client = open_client()
    dataset = client.datasets.get(dataset_id, version)
    if html or open_:
        page = client.datasets.health_page(dataset_id, version)
        place = html or Path(tempfile.mkdtemp(prefix="modelbourse-")) / f"{dataset_id}.html"
        place.write_bytes(page)
        tell(f"wrote {place} ({len(page)} bytes)")
        if open_:
            typer.launch(place.resolve().as_uri())
    if json_:
        return print_json(dataset)
    return print_dataset(dataset, list(client.datasets.versions(dataset_id)) if dataset.source != "packaged" else [])


cli.command()(candles)


@cli.command()
def download(
    dataset_id: DatasetId,
    into: Annotated[Path, typer.Argument(help="The file, or a folder, in which it is called as its id.")] = Path(),
    *,
    format_: Annotated[str | None, typer.Option("--format", help="parquet or csv; by the file's ending, else parquet.")] = None,
    version: VersionOption = None,
    json_: JsonOption = False,
) -> None:
    """Save a dataset's rows, whole or not at all."""
    wanted = cast("FileFormat", format_ or _format_of(into))
    place = open_client().datasets.download(dataset_id, into, version=version, format=wanted)
    size = place.stat().st_size
    return print_json({"path": str(place), "bytes": size}) if json_ else say(f"wrote {place} ({size} bytes)")


@cli.command()
def rename(dataset_id: DatasetId, name: Annotated[str, typer.Argument(help="What you call it.")], *, json_: JsonOption = False) -> None:
    """Give a dataset another name."""
    changed = open_client().datasets.rename(dataset_id, name)
    return print_json(changed) if json_ else say(f"{changed.id} is called {changed.name}")


@cli.command()
def delete(
    dataset_id: DatasetId,
    *,
    version: Annotated[int | None, typer.Option("--version", min=1, help="This version alone. Default: all.")] = None,
    json_: JsonOption = False,
) -> None:
    """Delete a dataset with all of its versions, or one of them, which makes room."""
    if version is not None:
        old = open_client().datasets.delete_version(dataset_id, version)
        return print_json(old) if json_ else say(f"deleted version {old.version} of {old.id}")
    gone = open_client().datasets.delete(dataset_id)
    return print_json(gone) if json_ else say(f"deleted {gone.id}")


def _format_of(into: Path) -> str:
    """Return in which format a file of this name is written. Raise CommandError for an ending of something else."""
    ending = into.suffix.lower().removeprefix(".")
    if not ending or into.is_dir():
        return "parquet"
    if ending not in get_args(FileFormat):
        message = f"{into.name}: rows are saved as .parquet or .csv; name the file so, or say --format."
        raise CommandError(message, status=2)
    return ending


def _said(file: str, kind: str | None, *, name: str | None = None, **said: Any) -> dict[str, Any]:
    """Return what is said of a file; one that has no symbol is called as the file is."""
    if name is None and said["symbol"] is None and file != "-":
        name = Path(file).stem
    return said | {"name": name, "kind": cast("Kind | None", kind)}
