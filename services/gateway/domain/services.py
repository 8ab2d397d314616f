"""The other services, asked for decisions. What asks them raises AskRefusedError, AskTimeoutError or UnavailableError."""

from typing import Protocol

from libs.contracts.inference import Predict, PredictRange, RangePredictions
from libs.contracts.listings import Listed, PublishModel, ReviewListing, Submitted, WithdrawListing
from libs.contracts.marketplace import (
    CreditsBought,
    CreditsReserved,
    CreditsSettled,
    PurchaseCredits,
    ReadUsage,
    ReserveCredits,
    SettleCredits,
    Usage,
)
from libs.contracts.records import ReadRecord, RecordPage
from libs.contracts.subscriptions import (
    CancelSubscription,
    ChangeSubscription,
    Leasing,
    RateListing,
    RatingsPage,
    ReadLeasing,
    ReadRatings,
    RefundSubscription,
    Subscribe,
    Subscribed,
)
from libs.contracts.training import CancelTraining, TrainingStopped


class Marketplace(Protocol):
    """Credits, listings and subscriptions."""

    async def reserve(self, ask: ReserveCredits) -> CreditsReserved:
        """Set credits aside."""

    async def settle(self, ask: SettleCredits) -> CreditsSettled:
        """Close a reservation."""

    async def purchase(self, ask: PurchaseCredits) -> CreditsBought:
        """Sell hours."""

    async def usage(self, ask: ReadUsage) -> Usage:
        """Say what an account's jobs have used."""

    async def publish(self, ask: PublishModel) -> Submitted:
        """Put a model before the reviewers."""

    async def review(self, ask: ReviewListing) -> Listed:
        """Take a reviewer's word."""

    async def withdraw(self, ask: WithdrawListing) -> Listed:
        """Take a listing off the market."""

    async def record(self, ask: ReadRecord) -> RecordPage:
        """Say the days of a record."""

    async def subscribe(self, ask: Subscribe) -> Subscribed:
        """Charge for a period."""

    async def change(self, ask: ChangeSubscription | CancelSubscription) -> Subscribed:
        """Change a subscription as its owner wants."""

    async def refund(self, ask: RefundSubscription) -> Subscribed:
        """Give a payment back."""

    async def rate(self, ask: RateListing) -> Listed:
        """Take a rating."""

    async def ratings(self, ask: ReadRatings) -> RatingsPage:
        """Say what subscribers say of a listing."""

    async def leasing(self, ask: ReadLeasing) -> Leasing:
        """Say what a seller's models have earned."""


class Training(Protocol):
    """Jobs."""

    async def cancel(self, ask: CancelTraining) -> TrainingStopped:
        """End a job now."""


class Inference(Protocol):
    """Predictions."""

    async def predict(self, ask: Predict) -> bytes:
        """Predict; the predictions' JSON."""

    async def predict_range(self, ask: PredictRange) -> RangePredictions:
        """Predict a page of one symbol's days."""
