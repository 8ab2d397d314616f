"""Analyses that are kept, models that are deployed, and candles that the platform has of a symbol."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from libs.contracts.analyses import Analysis, ModelView, PredictTrend, SignalGenerated
from libs.contracts.deployments import ModelDeployed
from libs.contracts.sent_candles import MarketData
from libs.quant.analysis.reading import Reading


@dataclass(frozen=True, slots=True)
class Modelled:
    """What the deployed model says: its view, its stance from -1 (SELL) to 1 (BUY), and how many candles it looks ahead, where known."""

    view: ModelView
    stance: float
    horizon: int | None = None
    synthetic: bool = False  # whether it was trained on generated candles


class Analyses(Protocol):
    """Analyses that were made. What an account has asked for is removed with it."""

    async def recent(self, fingerprint: str, *, since: datetime) -> Analysis | None:
        """Return the analysis of exactly this request that was made since; None where there is none."""
        ...

    async def add(self, analysis: Analysis, *, fingerprint: str, signal: SignalGenerated) -> None:
        """Keep an analysis with the event that tells of it, in one write; the second time nothing changes."""
        ...

    async def forget(self, account_id: str) -> None:
        """Remove what an account has asked for; the second time there is none."""
        ...


class Deployments(Protocol):
    """Which model answers for a symbol and a timeframe, as `model.deployed` has told."""

    async def note(self, event: ModelDeployed) -> None:
        """Keep what was told last of a symbol and a timeframe; an older event changes nothing."""
        ...

    async def of(self, symbol: str) -> Mapping[str, ModelDeployed]:
        """Return the models that answer for a symbol, by timeframe."""
        ...

    async def forget(self, account_id: str) -> None:
        """Remove the deployments of an account's models."""
        ...


@dataclass(frozen=True, slots=True)
class NoView:
    """Why nothing is said: by a deployed model, or of a tracked symbol."""

    reason: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What a symbol's candles, as the platform has them, say: by the model, or the technical trend; and how old they are."""

    modelled: Modelled | NoView | None
    trend: float | None
    strength: float | None
    candles: int
    as_of: datetime
    age_bars: int | None
    stale: bool | None
    synthetic: bool
    source: str


class DeployedModels(Protocol):
    """Runs deployed models."""

    async def on_sent(self, deployed: ModelDeployed, market: MarketData) -> Modelled | NoView:
        """Return what a model says of the candles of its timeframe that were sent, or why it says nothing. Never raises for the model."""
        ...

    async def on_own(self, ask: PredictTrend, deployed: ModelDeployed | None) -> Seen:
        """Return what the platform's candles of a symbol say. Raise InvalidError for a symbol or timeframe without candles."""
        ...


@dataclass(frozen=True, slots=True)
class Skip:
    """A tracked symbol that was not analysed, and why."""

    symbol: str
    reason: str
    at: datetime


class Skipped(Protocol):
    """The tracked symbols that the last round passed over."""

    async def note(self, skip: Skip) -> None:
        """Keep why a symbol was passed over; what was kept of it before goes."""
        ...

    async def clear(self, symbol: str) -> None:
        """Forget that a symbol was passed over: it was analysed."""
        ...

    async def keep(self, symbols: Sequence[str]) -> None:
        """Forget all but these: what is tracked no longer is passed over no longer."""
        ...

    async def all(self) -> Sequence[Skip]:
        """Return all of them, by symbol."""
        ...


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is: the place of a symbol in the list, and when its round began."""

    place: int
    round_at: datetime


class Rounds(Protocol):
    """The timetable of the periodic analysis, which all replicas share."""

    async def take(self, *, holder: str, at: datetime, until: datetime) -> Turn | None:
        """Take the turn that is due, until then; None where none is due, or another has it."""
        ...

    async def end(self, turn: Turn, *, holder: str, after: Turn, due_at: datetime) -> None:
        """Give a turn back, and say which comes after it and when; one that another has taken meanwhile stays theirs."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Tracked:
    """What the platform's candles of a tracked symbol say, and the newest of them as if they had been sent."""

    readings: Sequence[Reading]
    market: MarketData


class TrackedCandles(Protocol):
    """Candles of tracked symbols."""

    async def load(self, symbol: str, *, at: datetime) -> Tracked | NoView:
        """Return what the symbol's candles say, or why there is nothing to be said now."""
        ...
