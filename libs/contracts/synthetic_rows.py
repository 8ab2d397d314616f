"""Generated rows of a recipe: what the job kind `generate_rows` is asked and answers.

Progress has what is being done as `stage`; its `metrics` are those of the example's run.
"""

from typing import Annotated, Final

from pydantic import Field

from libs.contracts.envelope import JsonObject, Message
from libs.contracts.manifests.manifest import SEED_END
from libs.contracts.recipe_runs import RecipeData, RecipeMetrics, RecipeModelSpec
from libs.contracts.row_schema import Cell, RowSchema

ROWS_FEWEST: Final = 10
ROWS_MOST: Final = 2_000
BYTES_MOST: Final = 600_000
"""Of the rows of an example, as JSON."""
Share = Annotated[float, Field(ge=0, le=1)]


class GenerateSpec(RecipeModelSpec):
    """Which rows are generated: as many as asked, like those that the manifest's source names, by a seed."""

    example_id: str
    data: RecipeData | None = Field(None, description="What is fitted; null: the data set that ships, which `data.source` names.")
    rows: Annotated[int, Field(ge=ROWS_FEWEST, le=ROWS_MOST)]
    seed: Annotated[int, Field(ge=0, lt=SEED_END)] = 7
    row_schema: RowSchema = Field(default_factory=RowSchema, description="What the rows have to be; what it leaves out the data tell.")


class ColumnFidelity(Message):
    """How near a generated column is to rows that were not fitted; what is null has its reason."""

    name: str
    ks: Share | None = Field(None, description="Largest distance of the distribution functions (numbers, dates).")
    total_variation: Share | None = Field(None, description="Half the sum of the differences of shares (words, true and false).")
    missing_difference: float = Field(description="Share of rows without a value, generated less held out.")
    reason: str | None = None


class Fidelity(Message):
    """How like the held-out rows the generated ones are. A value that cannot be computed is null, and `reasons` says why."""

    columns: tuple[ColumnFidelity, ...]
    correlation_difference_mean: float | None = Field(description="Mean difference of the rank correlations, over pairs of columns.")
    correlation_difference_most: float | None = Field(description="The largest of them.")
    correlation_most_pair: tuple[str, ...] = Field((), description="The pair that it is of.")
    domain_classifier_auc: float | None = Field(description="How well a model tells the sides apart: 0.5 is not at all.")
    domain_classifier_interval: tuple[float, ...] = Field((), description="Of 95 %.")
    trained_on_real: RecipeMetrics | None = Field(
        None, description="The recipe's learner, fitted on the fit rows, measured on held-out rows."
    )
    trained_on_synthetic: RecipeMetrics | None = Field(None, description="The same, fitted on the generated rows.")
    reasons: dict[str, str] = Field(default_factory=dict)


class Privacy(Message):
    """Whether generated rows lie nearer to the rows that were fitted than rows do that were held out."""

    copies: Share = Field(description="Share of the generated rows that are a row of the fit data, cell by cell.")
    copies_held_out: Share = Field(description="The same of rows that were held out: what chance makes.")
    median_distance: float = Field(description="From a generated row to the closest row of the fit data, in differences of columns.")
    median_distance_held_out: float
    median_ratio: float | None = Field(description="Of the two; below 1 generated rows are the nearer ones. Null where both are copies.")
    nearer: Share = Field(description="Share of the generated rows nearer than all but 5 % of the held-out rows: 0.05 by chance.")
    rows_compared: int
    invented_values: int = Field(description="Words that fewer rows than five have, each of which has an invented one in its place.")
    reasons: dict[str, str] = Field(default_factory=dict)


class GenerateResult(Message):
    """Rows that nobody has lived through, and what was measured of them."""

    row_schema: RowSchema = Field(description="As the rows are.")
    rows: tuple[tuple[Cell, ...], ...] = Field(description="Cells in the order of the schema's columns.")
    example_run: JsonObject = Field(description="A training by the recipe on these rows: its figures; empty where it was refused.")
    fidelity: Fidelity
    privacy: Privacy
    fit: JsonObject = Field(description="source, sha256, licence, synthetic; rows that were fitted, held out, and in all; the seed.")
    notes: tuple[str, ...] = ()
    reasons: dict[str, str] = Field(default_factory=dict)
    synthetic: bool = True
