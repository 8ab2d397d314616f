"""Analyses that are kept, as others read them, and whether an analyst was at work."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from libs.contracts.signals import KeptAnalyses, SymbolStored


@dataclass(frozen=True, slots=True)
class SymbolsStored:
    """How many analyses there are of how many symbols, and those that have the most."""

    analyses: int
    symbols: int
    most: tuple[SymbolStored, ...]


class Archive(Protocol):
    """The analyses that are kept: what is public, and what is the account's own."""

    async def newest(self, *, account_id: str | None, since: datetime, most: int, symbols: Collection[str] = ()) -> KeptAnalyses:
        """Return the newest analyses since, the newest first, and how many there are; without symbols, of all."""

    async def by_symbol(self, *, account_id: str | None, most: int) -> SymbolsStored:
        """Count the analyses of each symbol; show those that have the most."""

    async def clear(self) -> int:
        """Remove all analyses; return how many."""


class Uptime(Protocol):
    """In which minutes an analyst was at work."""

    async def mark(self, at: datetime) -> None:
        """Note that somebody is at work in this minute."""

    async def share(self, at: datetime) -> tuple[float, datetime] | None:
        """Return the share of minutes, from the first that is known, in which somebody was at work, and when that was; else None."""
