"""Files: the data root, from which trainings on texts read and into which jobs write."""

from collections.abc import Mapping, Sequence
from typing import Final

from services.gateway.inbound.pages.page import Page

PAGES: Final[Sequence[Page]] = ()
FILES: Final[Mapping[str, str]] = {}
