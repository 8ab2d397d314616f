"""Listings' records in AI Studio's words: figures, what they count for, and days. Pure functions."""

from typing import Any, Final

from libs.contracts.listings import ListingTold, Performance
from libs.contracts.records import KeptDay, Standing
from services.gateway.inbound.faces.ai_studio.translate import moment

NUMBERS: Final = ("sharpe_ratio", "max_drawdown", "total_return", "win_rate", "total_trades")
# What says how sure they are.
SURENESS: Final = ("bars", "bars_per_year", "absent_days", "skewness", "kurtosis", "sharpe_interval", "baselines")
NAMES: Final = (*NUMBERS, "start_date", "end_date", "trades", *SURENESS)
TRIED: Final = ("deflated_sharpe_ratio", "trials", "trials_variance")
NOT_MEASURED: Final = "The platform has not measured it yet."
NOT_LISTED: Final = "It is measured from the day on that the model is on sale."


def backtest(listing: ListingTold) -> dict[str, Any]:
    """Return the record from the cut on, and how much of it the number of trials leaves."""
    record, standing = figures(listing.backtest, missing=NOT_MEASURED), listing.standing
    tried = {name: getattr(standing, name) if standing else None for name in TRIED}
    reasons = {name: _why(standing, name) for name, value in tried.items() if value is None}
    return {**record, **tried, "reasons": record["reasons"] | reasons}


def live(listing: ListingTold) -> dict[str, Any]:
    """Return the record since it is on sale."""
    return figures(listing.live, missing=NOT_MEASURED if listing.published_at else NOT_LISTED)


def figures(record: Performance | None, *, missing: str) -> dict[str, Any]:
    """Return a record's figures; `missing` is why there is none."""
    if record is None:
        names = (*NAMES, "synthetic", "measured_at")
        return {**dict.fromkeys(names), "reasons": dict.fromkeys(names, missing)}
    days = {"start_date": record.since, "end_date": record.until}
    values = {
        **{name: getattr(record, name) for name in (*NUMBERS, *SURENESS)},
        **{name: day and day.isoformat() for name, day in days.items()},
        "trades": record.total_trades,
    }
    why = next(iter(record.reasons.values()), NOT_MEASURED)
    return {
        **values,
        "synthetic": record.synthetic,
        "measured_at": moment(record.measured_at),
        "reasons": {name: record.reasons.get(name, why) for name, value in values.items() if value is None},
    }


def ranking(listing: ListingTold) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what a listing is ordered and filtered by and the end of its record's chain, and why one is null."""
    ranked = listing.standing.sharpe_ratio if listing.standing else None
    head = listing.record
    record = head and {
        "days": head.days,
        "last_day": head.last.isoformat() if head.last else None,
        "hash": head.hash,
        "restated_days": head.restated,
    }
    reasons = {} if ranked is not None else {"ranking_sharpe_ratio": _why(listing.standing, "sharpe_ratio")}
    return {"ranking_sharpe_ratio": ranked, "record": record}, reasons | ({} if record else {"record": NOT_MEASURED})


def record_day(day: KeptDay) -> dict[str, Any]:
    """Return a day of a record."""
    again = day.restated
    return {
        "date": day.date.isoformat(),
        "return": day.day_return,
        "position": day.position,
        "absent": day.absent,
        "hash": day.hash,
        "previous": day.previous,
        "restated": again
        and {"return": again.day_return, "position": again.position, "absent": again.absent, "measured_at": moment(again.measured_at)},
    }


def _why(standing: Standing | None, name: str) -> str:
    return standing.reasons.get(name, NOT_MEASURED) if standing else NOT_MEASURED
