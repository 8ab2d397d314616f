"""A live series: candles of a market that a source goes on telling, kept as a dataset of the platform's own, which everybody may use."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from libs.chassis.errors import InvalidError
from libs.contracts.datasets import BaseVersion
from libs.contracts.durations import read_duration
from libs.contracts.live import PLATFORM, RefreshSpec
from libs.contracts.own_candles import LIVE_PREFIX, SECONDS, Timeframe
from libs.market.calendar_names import check_calendar
from libs.market.catalogue import is_symbol
from services.gateway.domain.accounts.account import Role, Tier
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.datasets.dataset import Dataset, DatasetVersion

# Who asks for the refreshes: nobody's account, which no credential is of. What it does is not charged.
PLATFORM_CALLER: Final = Caller(PLATFORM, PLATFORM, Role.USER, Tier.ELITE, frozenset(), credential="none")
SHORTEST: Final = timedelta(minutes=1)
# Sources take some seconds to close a candle.
LAG: Final = timedelta(seconds=10)
FIRST_PAUSE: Final = timedelta(minutes=1)
ROWS_MOST: Final = 20_000_000
SYMBOL_RULE: Final = "a symbol has 1 to 20 capital letters, digits and .^&_-"


class LiveSeries(BaseModel):
    """What is fetched, from where, and how often."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(pattern=r"^[A-Za-z0-9_-]+(:\S*)?$", max_length=100, description="Whom to ask: `ccxt:kraken`, `alpaca:iex` …")
    market: str = Field(min_length=1, max_length=100, description="What the source calls it: `BTC/USD`.")
    symbol: str = Field("", description="What it is called here; as the market, `-` for `/`, where it is not said.")
    timeframe: Timeframe
    since: date = Field(description="Its first day (UTC).")
    every: timedelta | None = Field(None, description="How often: `15m`, `1h`, `1d`; as its timeframe, where it is not said.")
    calendar: str | None = Field(None, description="When the market trades; as the source says, where it is not said.")
    base_url: str | None = Field(None, pattern=r"^https?://\S+$", description="Where the source is asked.")
    revise_bars: int = Field(10, ge=1, le=10_000, description="How many of the newest candles are asked for again each time.")
    bars_most: int = Field(50_000, ge=100, le=500_000, description="About how many candles one refresh fetches.")

    @field_validator("every", mode="before")
    @classmethod
    def _read_every(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        if (period := read_duration(given, units="mhd")) is None:
            message = f"'{given[:20]}' is no period: it is a number of m, h or d, such as 15m, 1h or 1d"
            raise ValueError(message)
        return period

    @field_validator("calendar")
    @classmethod
    def _is_a_calendar(cls, given: str | None) -> str | None:
        try:
            return given if given is None else check_calendar(given)
        except InvalidError as error:
            raise ValueError(error.message) from error

    @model_validator(mode="before")
    @classmethod
    def _is_named(cls, given: object) -> object:
        if isinstance(given, Mapping) and not given.get("symbol"):
            return dict(given) | {"symbol": str(given.get("market", "")).replace("/", "-").upper()}
        return given

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not is_symbol(self.symbol):
            message = f"'{self.symbol[:60]}' cannot be a symbol: {SYMBOL_RULE}; say `symbol`"
            raise ValueError(message)
        if self.period < SHORTEST:
            message = "a series is refreshed once a minute at most"
            raise ValueError(message)
        return self

    @property
    def id(self) -> str:
        """The id of its dataset."""
        return f"{LIVE_PREFIX}{self.symbol}_{self.timeframe}"

    @property
    def name(self) -> str:
        """What people read."""
        return f"{self.market} {self.timeframe} from {self.source}"

    @property
    def period(self) -> timedelta:
        """How often it is refreshed."""
        return self.every or timedelta(seconds=min(SECONDS[self.timeframe], SECONDS["1d"]))

    def due_after(self, at: datetime) -> datetime:
        """Return when it is due next: shortly after candles close, and at the same moments whoever counts."""
        passed = (at - LAG).timestamp() // self.period.total_seconds()
        return datetime.fromtimestamp((passed + 1) * self.period.total_seconds(), UTC) + LAG

    def due_after_failures(self, count: int, *, at: datetime) -> datetime:
        """Return when it is tried again after so many refreshes in a row that failed: soon at first, then as usual."""
        pause = FIRST_PAUSE * 2 ** min(max(count, 1) - 1, 10)
        return min(at + pause, self.due_after(at)) if pause < self.period else self.due_after(at)

    def refresh(self, dataset: Dataset | None) -> RefreshSpec:
        """Return the refresh that makes its next version.

        It begins anew, from `since`, where the version that is used is of another source or market: prices of two are not one series.
        """
        ready = dataset.ready if dataset else None
        before = self._market_before(ready)
        result = ready.result if ready and before is None else None
        base = None
        if ready and result and result.artifact:
            base = BaseVersion(version=ready.number, sha256=result.artifact.sha256, size=result.artifact.size)
        return RefreshSpec(
            dataset_id=self.id,
            version=dataset.newest.number + 1 if dataset else 1,
            name=self.name,
            source=self.source,
            market=self.market,
            symbol=self.symbol,
            timeframe=self.timeframe,
            calendar=(result.calendar if result else None) or self.calendar,
            base_url=self.base_url,
            since=datetime.combine(self.since, time(), UTC),
            base=base,
            replaces=before,
            every_s=round(self.period.total_seconds()),
            revise_bars=self.revise_bars,
            bars_most=self.bars_most,
            rows_most=ROWS_MOST,
        )

    def _market_before(self, ready: DatasetVersion | None) -> str | None:
        """Return which market of which source a version is of, where that is another than this one."""
        spec = ready.spec if ready else None
        if not isinstance(spec, RefreshSpec) or (spec.source, spec.market) == (self.source, self.market):
            return None
        return f"{spec.market} from {spec.source}"


def failures_of(dataset: Dataset) -> int:
    """Return how many refreshes in a row have failed."""
    newest = dataset.newest.number if dataset.newest.has_ended else dataset.newest.number - 1
    return newest - (dataset.ready.number if dataset.ready else 0)


def by_id(series: Sequence[LiveSeries]) -> dict[str, LiveSeries]:
    """Return series by their ids. Raise ValueError for two of one symbol and timeframe."""
    found = {each.id: each for each in series}
    if len(found) < len(series):
        twice = next(each for each in series if found[each.id] is not each)
        message = f"there are two series of {twice.symbol} {twice.timeframe}"
        raise ValueError(message)
    return found


def is_live(dataset_id: str) -> bool:
    """Tell whether an id is that of a live series."""
    return dataset_id.startswith(LIVE_PREFIX)
