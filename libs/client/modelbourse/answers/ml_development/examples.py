"""What ML Development answers about synthetic examples: rows that nobody has lived through, and what was measured of them."""

from typing import Final, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, JOB_ID, REASONS, Answer, JsonObject, Moment, Numbers
from modelbourse.answers.ml_development.recipes import OWN_RECIPE, OWN_VERSION

EXAMPLE_ID: Final = "syn_01kab8m7j3fm0rrc5q9y2w6n4t"
SCHEMA: Final[JsonObject] = {
    "columns": [
        {"name": "date", "type": "date"},
        {"name": "price", "type": "number", "minimum": 0},
        {"name": "quantity", "type": "integer", "minimum": 0},
    ]
}
ROWS: Final[list[JsonObject]] = [
    {"date": "2026-01-15", "price": 4.99, "quantity": 12},
    {"date": "2026-01-16", "price": 4.49, "quantity": 15},
]
RUN: Final[JsonObject] = {"run_type": "train", "status": "succeeded", "metrics": {"revenue_lift": 0.042}}
ExampleStatus = Literal["ready", "queued", "running", "failed", "cancelled"]
ExampleSource = Literal["given", "generated"]


class MlColumnFidelity(Answer):
    """How near a generated column is to rows that were not fitted."""

    name: str = Field(description="The column.", examples=["price"])
    ks: float | None = Field(description="Largest distance of the distribution functions; null of words.", examples=[0.021])
    total_variation: float | None = Field(
        description="Half the sum of the differences of shares; null of numbers and dates.", examples=[None]
    )
    missing_difference: float = Field(description="Share of rows without a value, generated less held out.", examples=[0.0])
    reason: str | None = Field(description="Why both are null.", examples=[None])


class MlFidelity(Answer):
    """How like rows that were held out the generated ones are."""

    columns: list[MlColumnFidelity] = Field(description="Column by column.")
    correlation_difference_mean: float | None = Field(description="Mean difference of rank correlations, over pairs.", examples=[0.018])
    correlation_difference_most: float | None = Field(description="The largest of them.", examples=[0.052])
    correlation_most_pair: list[str] = Field(description="The pair that it is of.", examples=[["price", "quantity"]])
    domain_classifier_auc: float | None = Field(description="How well a model tells the sides apart: 0.5 is not at all.", examples=[0.53])
    domain_classifier_interval: list[float] = Field(description="Of 95 %.", examples=[[0.5, 0.56]])
    trained_on_real: Numbers | None = Field(
        description="The recipe's learner, fitted to as many real rows as were generated, measured on real rows that were held out.",
        examples=[{"policy_value": 0.204}],
    )
    trained_on_synthetic: Numbers | None = Field(description="The same, fitted to the generated rows.", examples=[{"policy_value": 0.198}])
    reasons: dict[str, str] = REASONS


class MlPrivacy(Answer):
    """Whether generated rows lie nearer to the rows that were fitted than held-out rows do."""

    copies: float = Field(description="Share of the generated rows that are a row of the fit data, cell by cell.", examples=[0.0])
    copies_held_out: float = Field(description="The same of rows that were held out: what chance makes.", examples=[0.0])
    median_distance: float = Field(description="From a generated row to the closest row of the fit data.", examples=[0.218])
    median_distance_held_out: float = Field(description="From a held-out row.", examples=[0.211])
    median_ratio: float | None = Field(description="Of the two; below 1 generated rows are nearer.", examples=[1.03])
    nearer: float = Field(description="Share of generated rows nearer than all but 5 % of held-out ones: 0.05 by chance.", examples=[0.05])
    rows_compared: int = Field(description="Of either side.", examples=[500])
    invented_values: int = Field(description="Words that fewer than five rows have: invented ones stand in their place.", examples=[0])
    reasons: dict[str, str] = REASONS


class MlFit(Answer):
    """What the generator was fitted to."""

    source: str = Field(description="As a manifest names it.", examples=["shipped:offers"])
    sha256: str = Field(description="Of the data.", examples=["0" * 64])
    licence: str = Field(description="Of data that ship; empty of yours.", examples=["Apache-2.0, as the platform is."])
    synthetic: bool = Field(description="Whether the data were generated themselves.", examples=[True])
    rows: int = Field(description="Of the data, after the recipe's filters.", examples=[20_000])
    fitted: int = Field(description="That were fitted.", examples=[16_000])
    held_out: int = Field(description="That were held out, to be compared with.", examples=[4_000])
    seed: int = Field(description="The same seed and data give the same rows.", examples=[7])


class MlGeneration(Answer):
    """The newest job that generates rows of this recipe."""

    job_id: str = Field(description="The platform's job: its events, webhooks and credits have this id.", examples=[JOB_ID])
    status: ExampleStatus = Field(description="`ready` once its rows are the example.", examples=["ready"])
    progress: int = Field(ge=0, le=100, description="In percent.", examples=[100])
    stage: str = Field(description="What is being done.", examples=["completed"])
    error: str | None = Field(description="Why it has failed; null where it has not.", examples=[None])


class MlSyntheticExample(Answer):
    """A recipe's synthetic example: what you have sent, or what was generated."""

    id: str = Field(description="The example's id.", examples=[EXAMPLE_ID])
    recipe_id: str = Field(description="The recipe.", examples=[OWN_RECIPE])
    dataset_schema_json: JsonObject = Field(
        description="Columns, with types and bounds, and what holds between them: as sent, or as generated rows have it.", examples=[SCHEMA]
    )
    sample_rows_json: list[JsonObject] = Field(description="The rows.", examples=[ROWS])
    example_run_json: JsonObject = Field(
        description="A run on the rows: as sent, or a training that the platform has done on them; see `example_run_source`.",
        examples=[RUN],
    )
    created_at: Moment | None = Field(description="When it was sent or generated; null while it is not.", examples=[AT])
    synthetic: Literal[True] = Field(
        default=True, description="Always: no row is of anything that happened; figures of them are of no market."
    )
    status: ExampleStatus = Field(description="`ready`, or how the generation stands whose rows are the first.", examples=["ready"])
    source: ExampleSource = Field(
        description="Whether the rows were sent (`given`) or `generated` by the platform.", examples=["generated"]
    )
    example_run_source: Literal["given", "measured"] | None = Field(
        description="Whose word `example_run_json` is; null where it is empty.", examples=["measured"]
    )
    recipe_version_id: str = Field(description="The recipe's version that it was made for.", examples=[OWN_VERSION])
    rows: int = Field(description="How many there are.", examples=[2])
    fidelity: MlFidelity | None = Field(description="How like the data generated rows are; null of rows that were sent.")
    privacy: MlPrivacy | None = Field(description="How far from the data's own rows generated ones are; null of rows that were sent.")
    fit: MlFit | None = Field(description="What was fitted; null of rows that were sent.")
    generation: MlGeneration | None = Field(description="The newest job that generates rows; null where there was none.")
    notes: list[str] = Field(description="What to know of the rows, in sentences.", examples=[[]])
    reasons: dict[str, str] = REASONS
