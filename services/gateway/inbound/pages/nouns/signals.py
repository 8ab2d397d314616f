"""Signals: what is said of a symbol now, and how what was said has come out."""

from collections.abc import Sequence
from typing import Final

from services.gateway.inbound.pages.page import Page

PAGES: Final[Sequence[Page]] = ()
