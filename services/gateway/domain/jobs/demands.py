"""What the gateway needs to know of each kind of job but trainings before it accepts one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from libs.chassis.errors import InvalidError
from libs.contracts.backtests import BacktestSpec
from libs.contracts.job_kinds import JobKind
from libs.market.catalogue import UnknownSymbolError, check_range, check_symbol, first_day


@dataclass(frozen=True, slots=True)
class Demand:
    """What the gateway needs to know of a kind.

    `check` refuses a spec that cannot be done (it is told whether candles may be generated); `hours` are set aside for one, and are the
    most that it is charged.
    """

    check: Callable[[Any, bool], None]
    hours: Callable[[Any], Decimal]


def _check_backtest(spec: BacktestSpec, synthetic_allowed: bool) -> None:  # noqa: FBT001 - as Demand says
    """Raise InvalidError that names the fields: all days asked for must have candles, else a curve would be shorter than it says."""
    allowed = synthetic_allowed if spec.synthetic is None else spec.synthetic == "allow"
    try:
        instrument = check_symbol(spec.symbol, synthetic_allowed=allowed)
    except UnknownSymbolError as error:
        raise InvalidError(error.message, details={"symbol": [error.message]}) from error
    check_range(instrument, timeframe=spec.timeframe, start=None, end=None)
    first, last = first_day(instrument, timeframe=spec.timeframe), instrument.end
    there = f"{instrument.symbol} has {spec.timeframe} candles from {first} to {last}."
    given = {"start_date": spec.start_date, "end_date": spec.end_date}
    outside = {name: [f"{there} There are none on {day}."] for name, day in given.items() if day and not first <= day <= last}
    if outside:
        raise InvalidError(there, details=outside)


# 72 CPU seconds: in a new process eleven years of days take one second, and its imports three.
BACKTEST_HOURS: Final = Decimal("0.02")
DEMANDS: Final[Mapping[JobKind, Demand]] = {
    JobKind.BACKTEST: Demand(check=_check_backtest, hours=lambda _: BACKTEST_HOURS),
}
