"""Agents: environments, trainings by reinforcement learning, what an agent has learned and its runs."""

from collections.abc import Mapping, Sequence
from typing import Final

from services.gateway.inbound.pages.page import Page

PAGES: Final[Sequence[Page]] = ()
FILES: Final[Mapping[str, str]] = {}
