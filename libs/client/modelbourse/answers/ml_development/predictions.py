"""What ML Development answers about predictions: what a recipe's model says of rows, row by row or period by period."""

from typing import Any, Final, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, JOB_ID, MODEL_ID, REASONS, Answer, Moment, Money, Numbers
from modelbourse.answers.ml_development.runs import RECIPE_ID, RUN_ID, VERSION_ID, RunError

PREDICTION_ID: Final = "answer_01kab8m7j3fm0rrc5q9y2w6n4t"
SENT: Final[list[Any]] = [{"product_id": "4710011401128", "date": "2001-03-01", "price": 35.0}]
PredictionStatus = Literal["queued", "running", "succeeded", "failed"]


class MlAnswered(Answer):
    """What every row of an answer has."""

    notes: list[str] = Field(description="What was assumed of the row, or is not known of it, in sentences.", examples=[[]])
    reasons: dict[str, str] = REASONS


class MlPricedRow(MlAnswered):
    """What is sold of a product at a price, and which price would be the best, by the recipe's objective."""

    row: int = Field(description="Which of the rows that were asked about, from 0.", examples=[0])
    product: str | None = Field(description="The product.", examples=["4710011401128"])
    time: str | None = Field(description="When.", examples=["2001-03-01"])
    price: float | None = Field(description="What is asked about; the usual one where none was given.", examples=[35.0])
    expected_demand: float | None = Field(description="Units that are expected to be sold at that price.", examples=[4.2])
    expected_revenue: float | None = Field(description="Price times demand, in the data's money.", examples=[147.0])
    expected_margin: float | None = Field(description="The same less unit costs; null where none is known.", examples=[25.2])
    optimal_price: float | None = Field(description="The price within the recipe's bounds that earns the most.", examples=[39.5])
    optimal_demand: float | None = Field(description="Units that are expected at it.", examples=[2.7])
    optimal_revenue: float | None = Field(description="What they bring.", examples=[106.7])
    optimal_margin: float | None = Field(description="What is left of it after unit costs.", examples=[28.4])
    usual_price: float | None = Field(description="The median of the product's last prices.", examples=[36.0])
    elasticity: float | None = Field(description="Percent of demand a percent of price.", examples=[-3.9])
    elasticity_low: float | None = Field(description="Lower end of its interval; null where the learner has none.", examples=[-4.6])
    elasticity_high: float | None = Field(description="Upper end.", examples=[-3.2])


class MlActionRow(MlAnswered):
    """Which action gains the most with a customer, and what each changes."""

    row: int = Field(description="Which of the rows that were asked about, from 0.", examples=[0])
    customer: str | None = Field(description="Whose row it is.", examples=["7"])
    action: str | None = Field(description="The action of the largest gain; the word for nothing, where none gains.", examples=["call"])
    gain: float | None = Field(description="What it gains over nothing, in money, less its cost.", examples=[3.4])
    uplift: Numbers | None = Field(description="What each action changes of the outcome.", examples=[{"call": 0.11, "letter": 0.01}])
    gains: Numbers | None = Field(description="The same in money, less what each costs.", examples=[{"call": 3.4, "letter": -0.2}])
    expected_outcome: Numbers | None = Field(
        description="The outcome that is expected after each action, and after none.",
        examples=[{"none": 0.12, "call": 0.23}],
    )


class MlReason(Answer):
    """How much a column has to do with an answer."""

    column: str = Field(description="The column of the learner.", examples=["neighbour_mean"])
    value: float | None = Field(description="What the place has there; null: unknown.", examples=[52.4])
    adds: float = Field(description="How much it adds to the answer, beside a place like the mean.", examples=[6.1])


class MlPlaceRow(MlAnswered):
    """What a place is worth."""

    row: int = Field(description="Which of the rows that were asked about, from 0.", examples=[0])
    id: str | None = Field(description="The place's name.", examples=["site 7"])
    x: float | None = Field(description="Where it is, eastward, or its longitude.", examples=[13.4])
    y: float | None = Field(description="Where it is, northward, or its latitude.", examples=[52.5])
    expected: float | None = Field(description="What it is expected to be worth.", examples=[61.2])
    low: float | None = Field(description="Lower end of its interval.", examples=[48.0])
    high: float | None = Field(description="Upper end.", examples=[74.4])
    score: float | None = Field(description="Percent of the places learned from that were expected to be worth less.", examples=[83.0])
    because: list[MlReason] | None = Field(description="The columns that have most to do with it, the foremost first.")


class MlForecastRow(MlAnswered):
    """What is forecast of a series for a period to come."""

    level: str = Field(description="`total`, `region`, `group` or `item`.", examples=["item"])
    name: str = Field(description="The series.", examples=["ice"])
    place: str = Field(description="Where it is in the hierarchy, the widest first.", examples=["cold / ice"])
    period: str = Field(description="When the period begins.", examples=["2026-02-01"])
    forecast: float | None = Field(description="What is expected.", examples=[48.1])
    low: float | None = Field(description="Lower end of its interval.", examples=[41.0])
    high: float | None = Field(description="Upper end.", examples=[55.2])


class MlPrediction(Answer):
    """What a model was asked, and how far its answer is."""

    id: str = Field(description="Its id.", examples=[PREDICTION_ID])
    model_id: str = Field(description="The model.", examples=[MODEL_ID])
    model_family: str = Field(description="Its family, which tells what a row of the answer has.", examples=["pricing"])
    model_version: str = Field(description="The version that answers: the one in production, else the newest.", examples=["1.0"])
    run_id: str = Field(description="The run that made it.", examples=[RUN_ID])
    recipe_id: str = Field(description="The recipe that it was made by.", examples=[RECIPE_ID])
    recipe_version_id: str = Field(description="The recipe's version.", examples=[VERSION_ID])
    status: PredictionStatus = Field(
        description="`queued`, `running`, `succeeded` or `failed`; one that was cancelled has failed.", examples=["succeeded"]
    )
    data: str | None = Field(description="The file or data set whose rows were asked about; null where rows were sent.", examples=[None])
    progress: int = Field(ge=0, le=100, description="In percent.", examples=[100])
    stage: str = Field(description="What is being done.", examples=["succeeded"])
    total: int | None = Field(description="Rows of the answer; null before it.", examples=[1])
    unanswered: int | None = Field(description="Rows whose answer is null; null before it.", examples=[0])
    files: dict[str, str] = Field(
        description="All rows, as comma-separated values and as JSON lines: paths of this face, by name. Empty before.",
        examples=[{"predictions.csv": f"/api/ml-development/models/{MODEL_ID}/predictions/{PREDICTION_ID}/files/predictions.csv"}],
    )
    created_at: Moment = Field(description="When it was asked for.", examples=[AT])
    finished_at: Moment | None = Field(description="When it ended; null before.", examples=[AT])
    job_id: str = Field(description="The platform's job: its events, webhooks and credits have this id.", examples=[JOB_ID])
    reasons: dict[str, str] = REASONS


class MlPredictionWhole(MlPrediction):
    """An answer with its rows."""

    rows: list[MlPricedRow | MlActionRow | MlPlaceRow | MlForecastRow] = Field(
        description="The first rows, at most 1,000, one for each that was asked about, in their order; of a forecast, one for each series "
        "and period. `files` have all. Empty before the answer."
    )
    synthetic: bool | None = Field(
        description="Whether the model has learned from generated rows: its answers are of no market; null before.",
        examples=[False],
    )
    notes: list[str] = Field(description="What was assumed or left out, in sentences.", examples=[[]])
    error: RunError | None = Field(description="Why it has failed; null where it has not.", examples=[None])
    compute_hours: float | None = Field(description="CPU hours that it has used; null before its end.", examples=[0.001])
    reserved_cost: Money = Field(description="Credits that were set aside for it, in money.", examples=["0.25"])
    cost: Money | None = Field(description="What it was charged; null before it has ended.", examples=["0.01"])


class MlPredictions(Answer):
    """A part of what a model was asked, the newest first."""

    predictions: list[MlPrediction] = Field(description="In short: rows stand at each one's own address.")
    total: int = Field(description="How many there are in all.", examples=[42])
