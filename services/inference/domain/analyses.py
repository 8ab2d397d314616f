"""Analyses that are kept, models that are deployed, and candles that the platform has of a symbol."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from libs.contracts.analyses import Analysis, MarketData, ModelView, PredictTrend, SignalGenerated
from libs.contracts.deployments import ModelDeployed


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
    """Why the deployed model says nothing."""

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

    async def all(self) -> Sequence[Skip]:
        """Return all of them, by symbol."""
        ...
