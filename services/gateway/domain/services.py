"""The other services, asked for decisions. What asks them raises AskRefusedError, AskTimeoutError or UnavailableError."""

from typing import Protocol

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


class Marketplace(Protocol):
    """Credits, listings and subscriptions."""

    async def reserve(self, ask: marketplace.ReserveCredits) -> marketplace.CreditsReserved:
        """Set credits aside."""

    async def settle(self, ask: marketplace.SettleCredits) -> marketplace.CreditsSettled:
        """Close a reservation."""

    async def purchase(self, ask: marketplace.PurchaseCredits) -> marketplace.CreditsBought:
        """Sell hours."""

    async def usage(self, ask: marketplace.ReadUsage) -> marketplace.Usage:
        """Say what an account's jobs have used."""

    async def prices(self) -> marketplace.Prices:
        """Say what the platform charges, and in which currency."""

    async def publish(self, ask: listings.PublishModel) -> listings.Submitted:
        """Put a model before the reviewers."""

    async def review(self, ask: listings.ReviewListing) -> listings.Listed:
        """Take a reviewer's word."""

    async def withdraw(self, ask: listings.WithdrawListing) -> listings.Listed:
        """Take a listing off the market."""

    async def record(self, ask: records.ReadRecord) -> records.RecordPage:
        """Say the days of a record."""

    async def subscribe(self, ask: subscriptions.Subscribe) -> subscriptions.Subscribed:
        """Charge for a period."""

    async def change(self, ask: subscriptions.ChangeSubscription | subscriptions.CancelSubscription) -> subscriptions.Subscribed:
        """Change a subscription as its owner wants."""

    async def refund(self, ask: subscriptions.RefundSubscription) -> subscriptions.Subscribed:
        """Give a payment back."""

    async def rate(self, ask: subscriptions.RateListing) -> listings.Listed:
        """Take a rating."""

    async def ratings(self, ask: subscriptions.ReadRatings) -> subscriptions.RatingsPage:
        """Say what subscribers say of a listing."""

    async def leasing(self, ask: subscriptions.ReadLeasing) -> subscriptions.Leasing:
        """Say what a seller's models have earned."""

    async def payments(self, ask: payments.ReadPayments) -> payments.PaymentsPage:
        """Say what an account has paid, and what its listings were paid."""


class Training(Protocol):
    """Jobs."""

    async def cancel(self, ask: training.CancelTraining) -> training.TrainingStopped:
        """End a job now."""


class Inference(Protocol):
    """Predictions, and the candles that they are made from."""

    async def candles(self, ask: candles.ReadCandles) -> candles.CandlePart:
        """Read a part of a symbol's candles."""

    async def outcomes(self, ask: outcomes.ReadOutcomes) -> outcomes.Outcomes:
        """Say what became of predictions."""

    async def predict(self, ask: inference.Predict) -> bytes:
        """Predict; the predictions' JSON."""

    async def predict_texts(self, ask: text_predictions.PredictTexts) -> bytes:
        """Label texts; the predictions' JSON."""

    async def predict_range(self, ask: inference.PredictRange) -> inference.RangePredictions:
        """Predict a page of one symbol's days."""


class Analysts(Protocol):
    """Who analyses markets."""

    async def analyze(self, ask: analyses.Analyze) -> analyses.Analysis:
        """Analyse candles."""

    async def recommend(self, ask: analyses.RecommendStrategies) -> analyses.Recommendations:
        """Say which strategies suit."""

    async def judge(self, ask: analyses.JudgeCondition) -> analyses.ConditionJudged:
        """Say what kind of market it is."""

    async def trend(self, ask: analyses.PredictTrend) -> analyses.TrendPredicted:
        """Say where a symbol is heading."""

    async def tracking(self, ask: analyses.ReadTracking) -> analyses.Tracking:
        """Say which symbols are analysed by themselves."""


class SignalRecords(Protocol):
    """What inference keeps of signals that were made."""

    async def feedback(self, ask: signals.GiveFeedback) -> signals.FeedbackTaken:
        """Keep what became of a signal."""

    async def performance(self, ask: signals.ReadPerformance) -> signals.SignalPerformance:
        """Say how good signals were."""

    async def analyses(self, ask: signals.ReadAnalyses) -> signals.KeptAnalyses:
        """Say what was analysed."""

    async def storage(self, ask: signals.ReadStorage) -> signals.Storage:
        """Say what is stored."""

    async def clear(self, ask: signals.ClearStorage) -> signals.StorageCleared:
        """Remove all analyses."""


class Llm(Protocol):
    """The LLM that inference asks."""

    async def probe(self, ask: llm.ProbeLlm) -> llm.LlmProbed:
        """Call it once."""

    async def use(self, ask: llm.ReadLlmUse) -> llm.LlmUse:
        """Say what it has cost."""

    async def answer(self, ask: llm.AnswerQuestion) -> llm.QuestionAnswered:
        """Answer a question from passages."""


class Monitoring(Protocol):
    """Alerts."""

    async def change_alert(self, ask: alerts.ChangeAlert) -> alerts.AlertChanged:
        """Acknowledge or resolve an alert."""


class Owners(Protocol):
    """The services that own what the gateway keeps views of. All raise UnavailableError or AskTimeoutError."""

    async def jobs(self, ask: snapshots.ReadJobs) -> snapshots.JobSnapshots:
        """Return a page of training's jobs."""

    async def charges(self, ask: snapshots.ReadCharges) -> snapshots.ChargeSnapshots:
        """Return a page of what jobs were charged."""

    async def listings(self, ask: snapshots.ReadListings) -> snapshots.ListingSnapshots:
        """Return a page of listings."""

    async def subscriptions(self, ask: snapshots.ReadSubscriptions) -> snapshots.SubscriptionSnapshots:
        """Return a page of subscriptions that were ever paid."""

    async def ledger(self, ask: ledger.CheckLedger) -> ledger.LedgerChecked:
        """Return what is wrong in the books of a page of accounts."""

    async def account(self, ask: exports.ReadAccount) -> exports.ExportPart:
        """Return a part of what an owner keeps of an account."""
