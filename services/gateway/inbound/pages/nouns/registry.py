"""The registry: names with their versions, stages, aliases and gates."""

from collections.abc import Mapping, Sequence
from typing import Final

from services.gateway.inbound.pages.page import Page

PAGES: Final[Sequence[Page]] = ()
FILES: Final[Mapping[str, str]] = {}
