"""Trades on candles: those of a model's test, and those of a backtest."""

from collections.abc import Sequence
from typing import Final

from services.gateway.inbound.pages.page import Page

PAGES: Final[Sequence[Page]] = ()
