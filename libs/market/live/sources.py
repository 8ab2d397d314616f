"""Which live sources there are: those that come with the platform, and what installed packages add by an entry point."""

import os
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Final

from libs.contracts.names import did_you_mean
from libs.market.live.alpaca_source import make_alpaca
from libs.market.live.ccxt_source import make_ccxt
from libs.market.live.source import MakeSource, Source, SourceRefusedError

GROUP: Final = "modelbourse.sources"
SHIPPED: Final[Mapping[str, MakeSource]] = {"ccxt": make_ccxt, "alpaca": make_alpaca}


def make_source(name: str, *, base_url: str | None = None, environ: Mapping[str, str] = os.environ) -> Source:
    """Return the source that a setting names: `ccxt:kraken`, `alpaca:iex`, or `<entry point>:<its own words>`.

    Raise `SourceRefusedError` for one that there is not, or that lacks what it needs.
    """
    kind, _, rest = name.partition(":")
    added = {found.name: found for found in entry_points(group=GROUP)}
    if kind in SHIPPED:
        return SHIPPED[kind](rest, base_url=base_url, environ=environ)
    if kind not in added:
        known = [*SHIPPED, *sorted(added)]
        message = f"There is no source '{kind[:60]}'; there are {', '.join(known)}.{did_you_mean(kind[:60], known)}"
        raise SourceRefusedError(message)
    make: MakeSource = added[kind].load()
    return make(rest, base_url=base_url, environ=environ)
