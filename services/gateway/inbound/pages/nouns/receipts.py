"""Receipts: what was paid, and what was earned."""

from collections.abc import Sequence
from typing import Final

from services.gateway.inbound.pages.page import Page

PAGES: Final[Sequence[Page]] = ()
