"""How old the data of a listing is, and whether newer comes: what its buyers get signals from."""

from collections.abc import Collection
from dataclasses import dataclass

from libs.contracts.listings import ListingSnapshot
from libs.contracts.names import listed
from libs.market.age import Age, Ages, without_live_source
from libs.market.catalogue import INSTRUMENTS
from libs.market.own import OwnCatalogue


@dataclass(frozen=True, slots=True)
class ListingData:
    """The age of the symbol whose candles are the oldest; `static`: some have no live source."""

    age: Age
    static: bool
    note: str


def data_of(listing: ListingSnapshot, *, ages: Ages, live: OwnCatalogue, fetched: Collection[str]) -> ListingData:
    """Return how old a listing's data is now; `live` are the live series that there are, `fetched` the ids of those still fetched."""
    measured = listing.backtest
    symbols = listing.symbols or (measured.symbols if measured else ())
    timeframe = listing.timeframe or (measured and measured.timeframe) or "1d"
    # What was published on packaged candles stays on those, whatever has a live series since.
    stays = INSTRUMENTS if listing.static_data else ()
    own = live.references([symbol for symbol in symbols if symbol not in stays], timeframe=timeframe)
    static = without_live_source(symbols, own=own, fetched=fetched)
    age = ages.of_symbols(symbols, timeframe=timeframe, own=own)
    return ListingData(age, listing.static_data or bool(static), _note(age, static=static, timeframe=timeframe))


def _note(age: Age, *, static: tuple[str, ...], timeframe: str) -> str:
    if age.as_of is None:
        return str(age.reason)
    ends = f"Its candles end on {age.as_of:%Y-%m-%d}" + ("" if age.bars is None else f", {age.bars:,} bars of {timeframe} ago")
    why = f" {age.reason}" if age.reason else ""
    return (f"{ends}: no newer ones come, as there is no live source for {listed(static)}." if static else f"{ends}.") + why
