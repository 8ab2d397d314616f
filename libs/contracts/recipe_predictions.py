"""Predictions of recipes' models: what the job kind `predict_recipe` is asked and answers, and which columns rows need to be asked about.

Progress has what is being done as `stage`; it has no metrics.
"""

from collections.abc import Collection, Mapping
from typing import Annotated, Final

from pydantic import ConfigDict, Field

from libs.contracts.envelope import JsonObject, Message
from libs.contracts.recipe_data import DataRole
from libs.contracts.recipe_runs import Count, RecipeData
from libs.contracts.recipes import Family
from libs.contracts.shipped_data.families import ROLES, SHIPPED_DATA
from libs.contracts.training import Artifact

CSV, JSONL = "predictions.csv", "predictions.jsonl"
SENT_MOST: Final = 1_000
"""Rows of a request."""
SENT_BYTES: Final = 200_000
"""Of the rows of a request, as JSON."""
ROWS_MOST: Final = 100_000
"""Rows of a file or data set: more are asked about in parts."""
SHOWN_MOST: Final = 1_000
"""Rows of an answer that stand in it; its files have all."""
SHOWN_BYTES: Final = 400_000
"""Of those, as JSON: an event of the bus is bounded."""
NEEDED: Final[Mapping[Family, tuple[str, ...]]] = {
    "pricing": ("product", "time"),
    "next_best_action": (),
    "location_scoring": ("x", "y"),
    "forecasting": ("time",),
}
"""Roles whose columns each row must have; what came true is never among them."""
SERIES: Final = ("region", "group", "item")
"""Roles that name a series to be forecast: those that the model was made with are needed."""
TAKEN: Final[Mapping[Family, tuple[str, ...]]] = {
    "pricing": ("price", "cost"),
    "next_best_action": ("customer",),
    "location_scoring": ("id",),
    "forecasting": ("target",),
}
"""Roles whose columns are read where rows have them."""


class PredictRecipeSpec(Message):
    """Which version of a recipe's model is asked, and about which rows: those that are sent, or those of a file."""

    model_config = ConfigDict(extra="forbid")

    model_id: str
    family: Family
    version: str
    run_id: str = Field(description="The run that made the version.")
    recipe_id: str
    recipe_version_id: str = Field(description="The recipe's version that the model's version was made by.")
    artifact: str = Field(description="The sha256 of the version's manifest.")
    rows: Annotated[tuple[JsonObject, ...], Field(max_length=SENT_MOST)] = Field(
        (), description="As they were sent; none, without `data`, of a forecast that goes on from what was learned."
    )
    data: RecipeData | None = Field(None, description="The rows of a file or data set in place of these.")


class PredictRecipeResult(Message):
    """What was answered; a value that cannot be computed is null, and its row's `reasons` says why under its name."""

    columns: tuple[str, ...] = Field(description="Of the file of comma-separated values, in their order.")
    rows: tuple[JsonObject, ...] = Field(description=f"The first {SHOWN_MOST:,} at most; the files have all.")
    total: Count = Field(description="Rows that were answered: one for each that was asked about, or for each period of each series.")
    unanswered: Count = Field(description="Rows whose answer is null.")
    synthetic: bool = Field(description="Whether the model has learned from rows that were generated: its answers are of no market.")
    notes: tuple[str, ...] = ()
    reasons: dict[str, str] = Field(default_factory=dict)
    files: dict[str, Artifact] = Field(description=f"`{CSV}` and `{JSONL}`.")


def needed_roles(family: Family, columns: Collection[str]) -> tuple[str, ...]:
    """Return the roles that rows must have, of a model whose columns play these roles."""
    return (*NEEDED[family], *(role for role in SERIES if family == "forecasting" and role in columns))


def read_roles(family: Family, columns: Collection[str]) -> tuple[DataRole, ...]:
    """Return the roles that are read of rows, of a model whose columns play these; those that rows must have are `required`."""
    needed = needed_roles(family, columns)
    some = {*needed, *TAKEN[family]} & {*columns, *needed}
    return tuple(each.model_copy(update={"required": each.name in needed}) for each in ROLES[family] if each.name in some)


def known_columns(manifest: JsonObject) -> dict[str, str]:
    """Return the columns by role that a version of this manifest was made with: those of the data that ship, and what it names itself."""
    data: JsonObject = manifest.get("data") or {}
    shipped = SHIPPED_DATA.get(str(data.get("source", "")).partition(":")[2])
    return (shipped.roles if shipped is not None else {}) | dict(data.get("columns") or {})
