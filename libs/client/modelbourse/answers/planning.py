"""What the gateway answers about what a training will take."""

from modelbourse.answers.answer import Answer, Moment, Money


class Estimate(Answer):
    """The compute hours that a training will take, and how sure that is."""

    hours: float
    low_hours: float | None
    high_hours: float | None
    level: float | None
    jobs: int
    basis: str
    queue_seconds: float | None
    reasons: dict[str, str]


class TrainingEstimated(Answer):
    """What a model's next training would take and cost."""

    model_id: str
    estimated_completion: Moment
    estimated_cost: Money
    estimate: Estimate
