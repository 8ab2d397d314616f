"""`modelbourse alerts …` and `modelbourse health`: what needs a look, and how the platform is."""

from typing import Annotated, Any, Final

import typer

from modelbourse.cli import completing
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, PageOption, SizeOption, counted, out, print_json, print_table, say, write_line

cli = typer.Typer(help="What needs a look: the platform's alerts, and yours.", no_args_is_help=True)
AlertId = Annotated[str, typer.Argument(metavar="ALERT", help="An alert's id.", autocompletion=completing.alert_ids)]
Notes = Annotated[str | None, typer.Option("--notes", "-m", help="What you want to say of it.")]
MARKS: Final = {
    "CRITICAL": "bold red", "HIGH": "red", "MEDIUM": "yellow", "LOW": "cyan", "OPEN": "red", "ACKNOWLEDGED": "yellow", "RESOLVED": "green",
    "healthy": "green", "degraded": "yellow", "unhealthy": "bold red",
}  # fmt: skip


@cli.command("list")
def list_(
    *,
    severity: Annotated[str | None, typer.Option(help="LOW, MEDIUM, HIGH or CRITICAL.")] = None,
    status: Annotated[str | None, typer.Option(help="OPEN, ACKNOWLEDGED or RESOLVED.")] = None,
    page: PageOption = 1,
    page_size: SizeOption = 20,
    json_: JsonOption = False,
) -> None:
    """List alerts, the newest first."""
    found = open_client().alerts.list(severity=severity, status=status, limit=page_size, offset=(page - 1) * page_size)
    if json_:
        return print_json(found)
    counts = f"; {found.summary.open} open, {found.summary.acknowledged} looked after, {found.summary.resolved} over"
    rows = [(each.alert_id, each.severity, each.status, each.created_at, each.description) for each in found.alerts]
    title = counted(found.total, "alert", page=page, page_size=page_size) + counts
    return print_table(("id", "severity", "status", "since", "what"), rows, title=title, drop=("since",), marks=MARKS)


@cli.command()
def ack(alert_id: AlertId, *, notes: Notes = None, json_: JsonOption = False) -> None:
    """Say that you look after an alert (admins)."""
    alert = open_client().alerts.acknowledge(alert_id, notes=notes)
    return print_json(alert) if json_ else say(f"{alert.alert_id} is {alert.status}")


@cli.command()
def resolve(alert_id: AlertId, *, notes: Notes = None, json_: JsonOption = False) -> None:
    """Say that an alert is over (admins)."""
    alert = open_client().alerts.resolve(alert_id, notes=notes)
    return print_json(alert) if json_ else say(f"{alert.alert_id} is {alert.status}")


def health(*, json_: JsonOption = False) -> None:
    """Say how the platform is, part by part; exit status 1 when it is unhealthy."""
    found = open_client().health()
    if json_:
        print_json(found)
    else:
        write_line(f"the platform is {found.status}", out(), marks=MARKS)
        parts = dict(found.services)
        rows: list[tuple[Any, ...]] = [
            (name, part.status, part.error or part.warning) for name, part in parts.items() if hasattr(part, "status")
        ]
        print_table(("part", "status", "why"), rows, marks=MARKS)
        for text in (*found.errors, *found.warnings):
            say(text)
    if found.status == "unhealthy":
        raise SystemExit(1)
