"""Every topic there is: partitions and retention. Topics are created from this list and never by accident."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from libs.contracts.alerts import AlertAcknowledged, ChangeAlert
from libs.contracts.analyses import Analyze, JudgeCondition, PredictTrend, ReadTracking, RecommendStrategies, SignalGenerated
from libs.contracts.candles import ReadCandles
from libs.contracts.deployments import ModelDeployed
from libs.contracts.envelope import Ask, Event
from libs.contracts.exports import ReadAccountInInference, ReadAccountInMarketplace, ReadAccountInTraining
from libs.contracts.gateway import (
    AccountErased,
    ModelArchived,
    ModelCreated,
    ModelDeleted,
    ModelRestored,
    ModelRetrained,
    ModelStaged,
    ModelUpdated,
    RetrainingSkipped,
    WebhookDisabled,
)
from libs.contracts.inference import Predict, PredictRange
from libs.contracts.jobs import JobCancelled, JobCancelRequested, JobCompleted, JobFailed, JobProgressed, JobRequested
from libs.contracts.ledger import CheckLedger
from libs.contracts.listings import (
    ListingRejected,
    ListingSubmitted,
    ListingUpdated,
    ListingWithdrawn,
    ModelPublished,
    PerformanceMeasured,
    PerformanceRequested,
    PublishModel,
    ReviewListing,
    WithdrawListing,
)
from libs.contracts.llm import AnswerQuestion, ProbeLlm, ReadLlmUse
from libs.contracts.marketplace import (
    CreditsCharged,
    CreditsExpired,
    CreditsPurchased,
    PurchaseCredits,
    ReadPrices,
    ReadUsage,
    ReserveCredits,
    SettleCredits,
)
from libs.contracts.model_monitoring import ModelDrifted, ModelRecovered
from libs.contracts.monitoring import AlertRaised, AlertResolved, HealthChanged, HeartbeatSent
from libs.contracts.outcomes import ReadOutcomes
from libs.contracts.payments import ReadPayments
from libs.contracts.recipes import RecipeChanged
from libs.contracts.records import ReadRecord
from libs.contracts.registry import RegistryChanged
from libs.contracts.signals import ClearStorage, GiveFeedback, ReadAnalyses, ReadPerformance, ReadStorage
from libs.contracts.snapshots import ReadCharges, ReadJobs, ReadListings, ReadSubscriptions
from libs.contracts.subscriptions import (
    CancelSubscription,
    ChangeSubscription,
    ModelSubscribed,
    RateListing,
    ReadLeasing,
    ReadRatings,
    RefundSubscription,
    Subscribe,
    SubscriptionCancelled,
    SubscriptionChanged,
    SubscriptionExpired,
    SubscriptionRenewed,
)
from libs.contracts.text_predictions import ExplainTexts, PredictTexts
from libs.contracts.training import (
    CancelTraining,
    TrainingCancelled,
    TrainingCancelRequested,
    TrainingCompleted,
    TrainingFailed,
    TrainingProgressed,
    TrainingRequested,
)

REPLIES: Final = "gateway.replies"
REPLY_PARTITIONS: Final = 16

# The usual limit is 1 MiB; a message of that size must fit with the headers that say why it was set aside.
DEAD_BYTES: Final = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Topic:
    """One Kafka topic. `producer` and `consumers` are service names (`every service` for heartbeats)."""

    name: str
    partitions: int
    retention: timedelta
    producer: str
    consumers: tuple[str, ...]

    @property
    def dead(self) -> str:
        """Where a message of this topic that cannot be handled is set aside."""
        return f"{self.name}.dead"

    @property
    def retention_ms(self) -> int:
        """How long its records are kept, in milliseconds."""
        return int(self.retention.total_seconds() * 1000)

    @property
    def configuration(self) -> dict[str, str]:
        """What it is made with, in Kafka's own words."""
        configuration = {"retention.ms": str(self.retention_ms), "cleanup.policy": "delete"}
        if self.name.endswith(".dead"):
            configuration["max.message.bytes"] = str(DEAD_BYTES)
        return configuration


DAYS: Final = timedelta(days=1)
EVENTS: Final[dict[type[Event], Topic]] = {
    # All that is told of a training is kept as long: an end without its beginning would wait for it in vain.
    TrainingRequested: Topic("training.requested", 6, 90 * DAYS, "gateway", ("training", "gateway", "marketplace")),
    TrainingCancelRequested: Topic("training.cancel_requested", 6, 90 * DAYS, "gateway", ("training",)),
    TrainingProgressed: Topic("training.progressed", 6, 90 * DAYS, "training", ("gateway",)),
    TrainingCompleted: Topic("training.completed", 6, 90 * DAYS, "training", ("gateway", "inference", "marketplace")),
    TrainingFailed: Topic("training.failed", 6, 90 * DAYS, "training", ("gateway", "marketplace")),
    TrainingCancelled: Topic("training.cancelled", 6, 90 * DAYS, "training", ("gateway", "marketplace")),
    JobRequested: Topic("job.requested", 6, 90 * DAYS, "gateway", ("gateway", "training", "marketplace")),
    JobCancelRequested: Topic("job.cancel_requested", 6, 90 * DAYS, "gateway", ("training",)),
    JobProgressed: Topic("job.progressed", 6, 90 * DAYS, "training", ("gateway",)),
    JobCompleted: Topic("job.completed", 6, 90 * DAYS, "training", ("gateway", "inference", "marketplace", "monitoring")),
    JobFailed: Topic("job.failed", 6, 90 * DAYS, "training", ("gateway", "marketplace", "monitoring")),
    JobCancelled: Topic("job.cancelled", 6, 90 * DAYS, "training", ("gateway", "marketplace")),
    AccountErased: Topic("account.erased", 2, 90 * DAYS, "gateway", ("training", "inference", "marketplace")),
    ModelCreated: Topic("model.created", 6, 90 * DAYS, "gateway", ()),
    ModelUpdated: Topic("model.updated", 6, 90 * DAYS, "gateway", ()),
    ModelArchived: Topic("model.archived", 6, 90 * DAYS, "gateway", ("gateway",)),
    ModelRestored: Topic("model.restored", 6, 90 * DAYS, "gateway", ()),
    ModelStaged: Topic("model.staged", 6, 90 * DAYS, "gateway", ("gateway",)),
    ModelDeleted: Topic("model.deleted", 6, 90 * DAYS, "gateway", ("gateway",)),
    ModelRetrained: Topic("model.retrained", 6, 90 * DAYS, "gateway", ("gateway",)),
    ModelDeployed: Topic("model.deployed", 6, 90 * DAYS, "gateway", ("gateway", "inference")),
    ModelDrifted: Topic("model.drifted", 6, 90 * DAYS, "gateway", ("gateway",)),
    ModelRecovered: Topic("model.recovered", 6, 90 * DAYS, "gateway", ("gateway",)),
    RetrainingSkipped: Topic("retraining.skipped", 6, 90 * DAYS, "gateway", ("gateway",)),
    RegistryChanged: Topic("registry.changed", 6, 90 * DAYS, "gateway", ("gateway", "training")),
    RecipeChanged: Topic("recipe.changed", 6, 90 * DAYS, "gateway", ("gateway",)),
    WebhookDisabled: Topic("webhook.disabled", 2, 90 * DAYS, "gateway", ()),
    CreditsCharged: Topic("credits.charged", 6, 90 * DAYS, "marketplace", ("gateway",)),
    CreditsPurchased: Topic("credits.purchased", 6, 90 * DAYS, "marketplace", ()),
    CreditsExpired: Topic("credits.expired", 6, 90 * DAYS, "marketplace", ()),
    ListingSubmitted: Topic("listing.submitted", 6, 90 * DAYS, "marketplace", ("gateway",)),
    ModelPublished: Topic("model.published", 6, 90 * DAYS, "marketplace", ("gateway",)),
    ListingRejected: Topic("listing.rejected", 6, 90 * DAYS, "marketplace", ("gateway",)),
    ListingUpdated: Topic("listing.updated", 6, 90 * DAYS, "marketplace", ("gateway",)),
    ListingWithdrawn: Topic("listing.withdrawn", 6, 90 * DAYS, "marketplace", ("gateway",)),
    PerformanceRequested: Topic("performance.requested", 6, 14 * DAYS, "marketplace", ("inference",)),
    ModelSubscribed: Topic("model.subscribed", 6, 90 * DAYS, "marketplace", ("gateway",)),
    SubscriptionRenewed: Topic("subscription.renewed", 6, 90 * DAYS, "marketplace", ("gateway",)),
    SubscriptionCancelled: Topic("subscription.cancelled", 6, 90 * DAYS, "marketplace", ("gateway",)),
    SubscriptionChanged: Topic("subscription.changed", 6, 90 * DAYS, "marketplace", ("gateway",)),
    SubscriptionExpired: Topic("subscription.expired", 6, 90 * DAYS, "marketplace", ("gateway",)),
    PerformanceMeasured: Topic("performance.measured", 6, 14 * DAYS, "inference", ("marketplace",)),
    SignalGenerated: Topic("signal.generated", 6, 90 * DAYS, "inference", ("gateway", "inference")),
    HeartbeatSent: Topic("heartbeat.sent", 2, timedelta(hours=1), "every service", ("monitoring",)),
    HealthChanged: Topic("health.changed", 2, 14 * DAYS, "monitoring", ("gateway",)),
    # Monitoring hears of its own: those of instances and series are told by what they are about, and acknowledged here.
    AlertRaised: Topic("alert.raised", 2, 90 * DAYS, "monitoring", ("gateway", "monitoring")),
    AlertAcknowledged: Topic("alert.acknowledged", 2, 90 * DAYS, "monitoring", ("gateway",)),
    AlertResolved: Topic("alert.resolved", 2, 90 * DAYS, "monitoring", ("gateway", "monitoring")),
}
ASKS: Final[dict[type[Ask[Any]], Topic]] = {
    Predict: Topic(Predict.topic, 6, timedelta(minutes=10), "gateway", ("inference",)),
    PredictRange: Topic(PredictRange.topic, 6, timedelta(minutes=10), "gateway", ("inference",)),
    PredictTexts: Topic(PredictTexts.topic, 6, timedelta(minutes=10), "gateway", ("inference",)),
    ExplainTexts: Topic(ExplainTexts.topic, 6, timedelta(minutes=10), "gateway", ("inference",)),
    ReadOutcomes: Topic(ReadOutcomes.topic, 6, timedelta(minutes=10), "gateway", ("inference",)),
    ReadCandles: Topic(ReadCandles.topic, 6, timedelta(minutes=10), "gateway", ("inference",)),
    Analyze: Topic(Analyze.topic, 6, timedelta(minutes=10), "gateway", ("inference",)),
    RecommendStrategies: Topic(RecommendStrategies.topic, 6, timedelta(minutes=10), "gateway", ("inference",)),
    JudgeCondition: Topic(JudgeCondition.topic, 6, timedelta(minutes=10), "gateway", ("inference",)),
    PredictTrend: Topic(PredictTrend.topic, 6, timedelta(minutes=10), "gateway", ("inference",)),
    ReadTracking: Topic(ReadTracking.topic, 6, timedelta(minutes=10), "gateway", ("inference",)),
    GiveFeedback: Topic(GiveFeedback.topic, 6, timedelta(minutes=10), "gateway", ("inference",)),
    ReadPerformance: Topic(ReadPerformance.topic, 6, timedelta(minutes=10), "gateway", ("inference",)),
    ReadAnalyses: Topic(ReadAnalyses.topic, 6, timedelta(minutes=10), "gateway", ("inference",)),
    ReadStorage: Topic(ReadStorage.topic, 6, timedelta(minutes=10), "gateway", ("inference",)),
    ClearStorage: Topic(ClearStorage.topic, 6, timedelta(minutes=10), "gateway", ("inference",)),
    CancelTraining: Topic(CancelTraining.topic, 6, timedelta(minutes=10), "gateway", ("training",)),
    ReserveCredits: Topic(ReserveCredits.topic, 6, timedelta(minutes=10), "gateway", ("marketplace",)),
    SettleCredits: Topic(SettleCredits.topic, 6, timedelta(minutes=10), "gateway", ("marketplace",)),
    PurchaseCredits: Topic(PurchaseCredits.topic, 6, timedelta(minutes=10), "gateway", ("marketplace",)),
    PublishModel: Topic(PublishModel.topic, 6, timedelta(minutes=10), "gateway", ("marketplace",)),
    ReviewListing: Topic(ReviewListing.topic, 6, timedelta(minutes=10), "gateway", ("marketplace",)),
    WithdrawListing: Topic(WithdrawListing.topic, 6, timedelta(minutes=10), "gateway", ("marketplace",)),
    ReadRecord: Topic(ReadRecord.topic, 6, timedelta(minutes=10), "gateway", ("marketplace",)),
    Subscribe: Topic(Subscribe.topic, 6, timedelta(minutes=10), "gateway", ("marketplace",)),
    CancelSubscription: Topic(CancelSubscription.topic, 6, timedelta(minutes=10), "gateway", ("marketplace",)),
    ChangeSubscription: Topic(ChangeSubscription.topic, 6, timedelta(minutes=10), "gateway", ("marketplace",)),
    RefundSubscription: Topic(RefundSubscription.topic, 6, timedelta(minutes=10), "gateway", ("marketplace",)),
    RateListing: Topic(RateListing.topic, 6, timedelta(minutes=10), "gateway", ("marketplace",)),
    ReadRatings: Topic(ReadRatings.topic, 6, timedelta(minutes=10), "gateway", ("marketplace",)),
    ReadLeasing: Topic(ReadLeasing.topic, 6, timedelta(minutes=10), "gateway", ("marketplace",)),
    ReadPayments: Topic(ReadPayments.topic, 6, timedelta(minutes=10), "gateway", ("marketplace",)),
    ReadPrices: Topic(ReadPrices.topic, 6, timedelta(minutes=10), "gateway", ("marketplace",)),
    ReadUsage: Topic(ReadUsage.topic, 6, timedelta(minutes=10), "gateway", ("marketplace",)),
    ReadJobs: Topic(ReadJobs.topic, 6, timedelta(minutes=10), "gateway", ("training",)),
    ReadListings: Topic(ReadListings.topic, 6, timedelta(minutes=10), "gateway", ("marketplace",)),
    ReadSubscriptions: Topic(ReadSubscriptions.topic, 6, timedelta(minutes=10), "gateway", ("marketplace",)),
    ReadCharges: Topic(ReadCharges.topic, 6, timedelta(minutes=10), "gateway", ("marketplace",)),
    ReadAccountInTraining: Topic(ReadAccountInTraining.topic, 6, timedelta(minutes=10), "gateway", ("training",)),
    ReadAccountInInference: Topic(ReadAccountInInference.topic, 6, timedelta(minutes=10), "gateway", ("inference",)),
    ReadAccountInMarketplace: Topic(ReadAccountInMarketplace.topic, 6, timedelta(minutes=10), "gateway", ("marketplace",)),
    ProbeLlm: Topic(ProbeLlm.topic, 6, timedelta(minutes=10), "gateway", ("inference",)),
    ReadLlmUse: Topic(ReadLlmUse.topic, 6, timedelta(minutes=10), "gateway", ("inference",)),
    AnswerQuestion: Topic(AnswerQuestion.topic, 6, timedelta(minutes=10), "gateway", ("inference",)),
    ChangeAlert: Topic(ChangeAlert.topic, 2, timedelta(minutes=10), "gateway", ("monitoring",)),
    CheckLedger: Topic(CheckLedger.topic, 6, timedelta(minutes=10), "gateway", ("marketplace",)),
}
DEAD_RETENTION: Final = 30 * DAYS


def every_topic() -> tuple[Topic, ...]:
    """Return each topic once: events, asks, replies, and a dead-letter topic of one partition beside each event's and ask's."""
    named = {topic.name: topic for topic in (*EVENTS.values(), *ASKS.values())}
    dead = (Topic(topic.dead, 1, DEAD_RETENTION, "the topic's consumers", ("gateway",)) for topic in named.values())
    replies = Topic(REPLIES, REPLY_PARTITIONS, timedelta(minutes=10), "who is asked", ("gateway",))
    return (*named.values(), replies, *dead)
