"""How commands show a listing's record, and `modelbourse market verify`."""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

import typer

from modelbourse.answers.market import ListingDetails
from modelbourse.answers.records import Record, Verified
from modelbourse.cli.errors import CommandError
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, print_facts, print_json, print_table, say
from modelbourse.cli.subscribing import ListingId

FIGURES = (
    "sharpe_ratio",
    "max_drawdown",
    "total_return",
    "win_rate",
    "total_trades",
    "bars",
    "absent_days",
    "skewness",
    "kurtosis",
    "start_date",
    "end_date",
)


def verify(
    listing_id: ListingId,
    *,
    noted: Annotated[str | None, typer.Option(help="A hash that was noted before: say whether it is still there.")] = None,
    json_: JsonOption = False,
) -> None:
    """Compute the chain of a listing's record from its days, and say whether it holds, or where it breaks (then the status is 1)."""
    found = open_client().market.verify(listing_id, noted=noted)
    if json_:
        print_json(_as_json(found))
    elif found.days:
        _print_verified(found)
    if found.problem is not None:
        where = f"{found.broken_at}: " if found.broken_at else ""
        msg = f"The record does not hold. {where}{found.problem}"
        raise CommandError(msg)
    if not json_:
        said = f"The chain holds: {found.days} days, each after the one before." if found.days else "There are no days yet."
        say(said)


def print_records(found: ListingDetails) -> None:
    """Print a listing's records, what they are compared with, and what they count for."""
    backtest, live = found.performance_metrics, found.live_performance
    rows = [(name.replace("_", " "), getattr(backtest, name), getattr(live, name, None)) for name in FIGURES]
    rows += [
        ("95 % of Sharpe ratios", _interval(backtest), _interval(live)),
        *(
            (f"{name.replace('_', ' ')}, held", _held(backtest, name), _held(live, name))
            for name in ("sharpe_ratio", "max_drawdown", "total_return")
        ),
    ]
    print_table(("measured", "since its cut", "since it was listed"), rows)
    end = found.record
    print_facts(
        [
            ("ranked by a Sharpe ratio of", found.ranking_sharpe_ratio),
            ("its account's trainings on these symbols", backtest.trials),
            ("deflated Sharpe ratio", backtest.deflated_sharpe_ratio),
            ("record", f"{end.days} days to {end.last_day}, {end.restated_days} restated, {end.hash}" if end and end.days else None),
        ]
    )
    for name, where in (("ranking_sharpe_ratio", found.reasons), ("deflated_sharpe_ratio", backtest.reasons)):
        if reason := (where or {}).get(name):
            say(f"{name.replace('_', ' ')}: {reason}")
    for reason in dict.fromkeys(((live.reasons if live else None) or {}).values()):
        say(f"since it was listed: {reason}")


def _interval(record: Record | None) -> str | None:
    interval = record.sharpe_interval if record else None
    return f"{interval.low:.3g} to {interval.high:.3g}" if interval and interval.low is not None and interval.high is not None else None


def _held(record: Record | None, name: str) -> float | None:
    baselines = record.baselines if record else None
    return getattr(baselines.buy_and_hold, name) if baselines else None


def _print_verified(found: Verified) -> None:
    print_facts(
        [
            ("days", f"{found.days}, {found.first_day} to {found.last_day}"),
            ("without a prediction", found.absent_days),
            ("measured otherwise lately", found.restated_days),
            ("their return, one after another", found.total_return),
            ("hash of the last day", found.hash),
        ]
    )


def _as_json(found: Verified) -> dict[str, Any]:
    values = asdict(found) | {"holds": found.holds}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
