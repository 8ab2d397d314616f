"""Models of texts: data and its check, trainings, scores and predictions."""

from collections.abc import Mapping, Sequence
from typing import Final

from services.gateway.inbound.pages.page import Page

PAGES: Final[Sequence[Page]] = ()
FILES: Final[Mapping[str, str]] = {}
