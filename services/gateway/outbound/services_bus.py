"""The other services, asked over the bus."""

from dataclasses import dataclass
from typing import Final

from libs.chassis.bus.port import AskRefusedError, Bus
from libs.contracts import (
    alerts,
    analyses,
    candles,
    exports,
    inference,
    ledger,
    listings,
    llm,
    marketplace,
    outcomes,
    payments,
    records,
    signals,
    snapshots,
    subscriptions,
    text_predictions,
    training,
)
from services.gateway.domain.errors import TooManyRequestsError

CREDITS_WITHIN_S: Final = 3.0
ALERT_WITHIN_S: Final = 3.0
LISTING_WITHIN_S: Final = 5.0
# Longer than the marketplace waits for its payment provider (MARKETPLACE_PAYMENT_WITHIN, 7 s at most).
PURCHASE_WITHIN_S: Final = 9.0
CANCEL_WITHIN_S: Final = 8.0
# 256 texts of a backbone's full length take a slow core so long.
TEXTS_WITHIN_S: Final = 30.0
# A turn may be waited for, and the LLM takes its time: longer than INFERENCE_LLM_WITHIN and _TIMEOUT together.
LLM_WITHIN_S: Final = 55.0
PAGE_WITHIN_S: Final = 10.0
# Longer than an LLM is waited for twice (INFERENCE_LLM_WITHIN, once more for a masked answer).
ANALYSIS_WITHIN_S: Final = 60.0
RULES_WITHIN_S: Final = 10.0
SIGNALS_WITHIN_S: Final = 8.0
# The movements of twenty accounts are added up.
CHECK_WITHIN_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class MarketplaceBus:
    """Implements the port Marketplace."""

    bus: Bus

    async def reserve(self, ask: marketplace.ReserveCredits) -> marketplace.CreditsReserved:
        """Set credits aside."""
        return await self.bus.ask(ask, within=CREDITS_WITHIN_S)

    async def settle(self, ask: marketplace.SettleCredits) -> marketplace.CreditsSettled:
        """Close a reservation."""
        return await self.bus.ask(ask, within=CREDITS_WITHIN_S)

    async def purchase(self, ask: marketplace.PurchaseCredits) -> marketplace.CreditsBought:
        """Sell hours."""
        return await self.bus.ask(ask, within=PURCHASE_WITHIN_S)

    async def usage(self, ask: marketplace.ReadUsage) -> marketplace.Usage:
        """Say what an account's jobs have used."""
        return await self.bus.ask(ask, within=CREDITS_WITHIN_S)

    async def prices(self) -> marketplace.Prices:
        """Say what the platform charges, and in which currency."""
        return await self.bus.ask(marketplace.ReadPrices(), within=CREDITS_WITHIN_S)

    async def publish(self, ask: listings.PublishModel) -> listings.Submitted:
        """Put a model before the reviewers."""
        return await self.bus.ask(ask, within=LISTING_WITHIN_S)

    async def review(self, ask: listings.ReviewListing) -> listings.Listed:
        """Take a reviewer's word."""
        return await self.bus.ask(ask, within=LISTING_WITHIN_S)

    async def withdraw(self, ask: listings.WithdrawListing) -> listings.Listed:
        """Take a listing off the market."""
        return await self.bus.ask(ask, within=LISTING_WITHIN_S)

    async def record(self, ask: records.ReadRecord) -> records.RecordPage:
        """Say the days of a record."""
        return await self.bus.ask(ask, within=LISTING_WITHIN_S)

    async def subscribe(self, ask: subscriptions.Subscribe) -> subscriptions.Subscribed:
        """Charge for a period."""
        return await self.bus.ask(ask, within=PURCHASE_WITHIN_S)

    async def change(self, ask: subscriptions.ChangeSubscription | subscriptions.CancelSubscription) -> subscriptions.Subscribed:
        """Change a subscription as its owner wants."""
        return await self.bus.ask(ask, within=CREDITS_WITHIN_S)

    async def refund(self, ask: subscriptions.RefundSubscription) -> subscriptions.Subscribed:
        """Give a payment back."""
        return await self.bus.ask(ask, within=PURCHASE_WITHIN_S)

    async def rate(self, ask: subscriptions.RateListing) -> listings.Listed:
        """Take a rating."""
        return await self.bus.ask(ask, within=CREDITS_WITHIN_S)

    async def ratings(self, ask: subscriptions.ReadRatings) -> subscriptions.RatingsPage:
        """Say what subscribers say of a listing."""
        return await self.bus.ask(ask, within=CREDITS_WITHIN_S)

    async def leasing(self, ask: subscriptions.ReadLeasing) -> subscriptions.Leasing:
        """Say what a seller's models have earned."""
        return await self.bus.ask(ask, within=CREDITS_WITHIN_S)

    async def payments(self, ask: payments.ReadPayments) -> payments.PaymentsPage:
        """Say what an account has paid, and what its listings were paid."""
        return await self.bus.ask(ask, within=CREDITS_WITHIN_S)


@dataclass(frozen=True, slots=True)
class TrainingBus:
    """Implements the port Training."""

    bus: Bus

    async def cancel(self, ask: training.CancelTraining) -> training.TrainingStopped:
        """End a job now."""
        return await self.bus.ask(ask, within=CANCEL_WITHIN_S)


@dataclass(frozen=True, slots=True)
class InferenceBus:
    """Implements the port Inference; within so many seconds each."""

    bus: Bus
    predict_within_s: float
    range_within_s: float

    async def candles(self, ask: candles.ReadCandles) -> candles.CandlePart:
        """Read a part of a symbol's candles."""
        return await self.bus.ask(ask, within=PAGE_WITHIN_S)

    async def outcomes(self, ask: outcomes.ReadOutcomes) -> outcomes.Outcomes:
        """Say what became of predictions."""
        return await self.bus.ask(ask, within=PAGE_WITHIN_S)

    async def predict(self, ask: inference.Predict) -> bytes:
        """Predict; the predictions' JSON."""
        return await self.bus.ask_bytes(ask, within=self.predict_within_s)

    async def predict_texts(self, ask: text_predictions.PredictTexts) -> bytes:
        """Label texts; the predictions' JSON."""
        return await self.bus.ask_bytes(ask, within=TEXTS_WITHIN_S)

    async def predict_range(self, ask: inference.PredictRange) -> inference.RangePredictions:
        """Predict a page of one symbol's days."""
        return await self.bus.ask(ask, within=self.range_within_s)


@dataclass(frozen=True, slots=True)
class AnalystsBus:
    """Implements the port Analysts."""

    bus: Bus

    async def analyze(self, ask: analyses.Analyze) -> analyses.Analysis:
        """Analyse candles. Raise TooManyRequestsError where too many of the account's calls wait for the LLM."""
        try:
            return await self.bus.ask(ask, within=ANALYSIS_WITHIN_S)
        except AskRefusedError as error:
            if error.code != llm.QUEUE_FULL:
                raise
            details = dict(error.details)
            after_s = int(details.pop(llm.RETRY_AFTER)[0])
            raise TooManyRequestsError(error.message, retry_after_s=after_s, details=details) from error

    async def recommend(self, ask: analyses.RecommendStrategies) -> analyses.Recommendations:
        """Say which strategies suit."""
        return await self.bus.ask(ask, within=RULES_WITHIN_S)

    async def judge(self, ask: analyses.JudgeCondition) -> analyses.ConditionJudged:
        """Say what kind of market it is."""
        return await self.bus.ask(ask, within=RULES_WITHIN_S)

    async def trend(self, ask: analyses.PredictTrend) -> analyses.TrendPredicted:
        """Say where a symbol is heading."""
        return await self.bus.ask(ask, within=RULES_WITHIN_S)

    async def tracking(self, ask: analyses.ReadTracking) -> analyses.Tracking:
        """Say which symbols are analysed by themselves."""
        return await self.bus.ask(ask, within=RULES_WITHIN_S)


@dataclass(frozen=True, slots=True)
class SignalRecordsBus:
    """Implements the port SignalRecords."""

    bus: Bus

    async def feedback(self, ask: signals.GiveFeedback) -> signals.FeedbackTaken:
        """Keep what became of a signal."""
        return await self.bus.ask(ask, within=SIGNALS_WITHIN_S)

    async def performance(self, ask: signals.ReadPerformance) -> signals.SignalPerformance:
        """Say how good signals were."""
        return await self.bus.ask(ask, within=SIGNALS_WITHIN_S)

    async def analyses(self, ask: signals.ReadAnalyses) -> signals.KeptAnalyses:
        """Say what was analysed."""
        return await self.bus.ask(ask, within=SIGNALS_WITHIN_S)

    async def storage(self, ask: signals.ReadStorage) -> signals.Storage:
        """Say what is stored."""
        return await self.bus.ask(ask, within=SIGNALS_WITHIN_S)

    async def clear(self, ask: signals.ClearStorage) -> signals.StorageCleared:
        """Remove all analyses."""
        return await self.bus.ask(ask, within=SIGNALS_WITHIN_S)


@dataclass(frozen=True, slots=True)
class LlmBus:
    """Implements the port Llm."""

    bus: Bus

    async def probe(self, ask: llm.ProbeLlm) -> llm.LlmProbed:
        """Call it once."""
        return await self.bus.ask(ask, within=LLM_WITHIN_S)

    async def use(self, ask: llm.ReadLlmUse) -> llm.LlmUse:
        """Say what it has cost."""
        return await self.bus.ask(ask, within=CREDITS_WITHIN_S)

    async def answer(self, ask: llm.AnswerQuestion) -> llm.QuestionAnswered:
        """Answer a question from passages."""
        return await self.bus.ask(ask, within=LLM_WITHIN_S)


@dataclass(frozen=True, slots=True)
class MonitoringBus:
    """Implements the port Monitoring."""

    bus: Bus

    async def change_alert(self, ask: alerts.ChangeAlert) -> alerts.AlertChanged:
        """Acknowledge or resolve an alert."""
        return await self.bus.ask(ask, within=ALERT_WITHIN_S)


@dataclass(frozen=True, slots=True)
class OwnersBus:
    """Implements the port Owners: asks for documents of which the gateway keeps views."""

    bus: Bus

    async def jobs(self, ask: snapshots.ReadJobs) -> snapshots.JobSnapshots:
        """Ask training for a page of its jobs."""
        return await self.bus.ask(ask, within=PAGE_WITHIN_S)

    async def charges(self, ask: snapshots.ReadCharges) -> snapshots.ChargeSnapshots:
        """Ask the marketplace for a page of what jobs were charged."""
        return await self.bus.ask(ask, within=PAGE_WITHIN_S)

    async def listings(self, ask: snapshots.ReadListings) -> snapshots.ListingSnapshots:
        """Ask the marketplace for a page of its listings."""
        return await self.bus.ask(ask, within=PAGE_WITHIN_S)

    async def subscriptions(self, ask: snapshots.ReadSubscriptions) -> snapshots.SubscriptionSnapshots:
        """Ask the marketplace for a page of its subscriptions."""
        return await self.bus.ask(ask, within=PAGE_WITHIN_S)

    async def ledger(self, ask: ledger.CheckLedger) -> ledger.LedgerChecked:
        """Ask the marketplace to check the books of a page of accounts."""
        return await self.bus.ask(ask, within=CHECK_WITHIN_S)

    async def account(self, ask: exports.ReadAccount) -> exports.ExportPart:
        """Ask an owner for a part of what it keeps of an account."""
        return await self.bus.ask(ask, within=PAGE_WITHIN_S)


@dataclass(frozen=True, slots=True)
class Services:
    """All of them."""

    marketplace: MarketplaceBus
    training: TrainingBus
    inference: InferenceBus
    owners: OwnersBus
    signals: SignalRecordsBus
    llm: LlmBus
    analysts: AnalystsBus
