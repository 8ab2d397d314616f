"""Exports of models of texts: formats, parity with the original, and the files."""

from collections.abc import Mapping, Sequence
from typing import Final

from services.gateway.inbound.pages.page import Page

PAGES: Final[Sequence[Page]] = ()
FILES: Final[Mapping[str, str]] = {}
