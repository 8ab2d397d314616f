"""What the gateway needs to know of each kind of job but trainings before it accepts one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from libs.contracts.backtests import BacktestSpec
from libs.contracts.job_kinds import JobKind
from libs.market.catalogue import check_range, check_symbol


@dataclass(frozen=True, slots=True)
class Demand:
    """What the gateway needs to know of a kind.

    `check` refuses a spec that cannot be done (it is told whether candles may be generated); `hours` are set aside for one, and are the
    most that it is charged.
    """

    check: Callable[[Any, bool], None]
    hours: Callable[[Any], Decimal]


def _check_backtest(spec: BacktestSpec, synthetic_allowed: bool) -> None:  # noqa: FBT001 - as Demand says
    """Raise UnknownSymbolError or NoCandlesError, which name the field."""
    allowed = synthetic_allowed if spec.synthetic is None else spec.synthetic == "allow"
    instrument = check_symbol(spec.symbol, synthetic_allowed=allowed)
    check_range(instrument, timeframe=spec.timeframe, start=spec.start_date, end=spec.end_date)


# 72 CPU seconds: in a new process eleven years of days take one second, and its imports three.
BACKTEST_HOURS: Final = Decimal("0.02")
DEMANDS: Final[Mapping[JobKind, Demand]] = {
    JobKind.BACKTEST: Demand(check=_check_backtest, hours=lambda _: BACKTEST_HOURS),
}
