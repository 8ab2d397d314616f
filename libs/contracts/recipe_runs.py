"""Runs of recipes: what the job kind `run_recipe` is asked and answers, the spec of a model of kind `recipe`, and its manifest file.

Progress has the stages of the run as `stage`; its `metrics` are the latest of the metrics that the family documents.
"""

from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

from libs.contracts.envelope import JsonObject, Message
from libs.contracts.recipes import Family
from libs.contracts.text_config import DataFormat
from libs.contracts.texts import MANIFEST, MODEL, NamedFile, TextFile
from libs.contracts.training import Artifact

RECIPE: Final = "recipe"
"""The kind of model that is made from a recipe."""
MODEL_MANIFEST: Final = f"{MODEL}/{MANIFEST}"
"""Where a run's files have the manifest of its model."""
FORMAT_VERSION: Final = 1
RecipeMetrics = dict[str, float | None]
Count = Annotated[int, Field(ge=0)]
Level = Annotated[float, Field(gt=0, lt=1)]


class RunType(StrEnum):
    """What a run does with a recipe."""

    TRAIN = "train"
    EVAL = "eval"
    BACKTEST = "backtest"


class RecipeModelSpec(Message):
    """What a model of kind `recipe` is made of: a version of a recipe, with its manifest resolved."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["recipe"] = RECIPE
    family: Family
    recipe_id: str
    recipe_version_id: str
    recipe_version: str = Field("", description="The version's number, such as `1.2.0`; empty where it was not told.")
    manifest: JsonObject = Field(description="The version's manifest with all that it inherits: one of the family's manifest class.")


class RecipeData(NamedFile):
    """The rows that a run reads instead of those that ship: a file of its account, as it was when the run was started."""

    format: DataFormat | None = Field(None, description="Null: as its name and content tell.")
    rows: Count | None = Field(None, description="Rows, where they were counted before.")


class RecipeRunSpec(RecipeModelSpec):
    """Everything that decides what a run measures and makes."""

    run_type: RunType
    data: RecipeData | None = Field(None, description="Null: the data set that ships, which `data.source` of the manifest names.")
    model_id: str = Field("", description="The model that the run is of; empty: of none, then nothing is kept but files and metrics.")
    model_name: str = Field("", description="How its owner calls the model, for titles; empty without one.")
    version: str = Field("", description="What it makes (train) or measures (eval, backtest) of the model; empty: none.")
    artifact: Artifact | None = Field(
        None, description=f"`{MODEL_MANIFEST}` of the version that an eval measures; null: what it fits itself. A train has none."
    )

    @property
    def learns(self) -> bool:
        """Whether the run makes a version of its model."""
        return self.run_type is RunType.TRAIN and bool(self.model_id)


class RecipeInterval(Message):
    """Where a metric lies by what was seen."""

    low: float
    high: float
    level: Level = 0.95
    method: str = Field(description="How it was found: `bootstrap by block`, `clustered standard errors` …")


class RecipeCurve(Message):
    """Points to be drawn: a demand curve, a Qini curve, a reliability diagram."""

    title: str
    x: str = Field(description="What is across, with its unit.")
    y: str = Field(description="What is upwards, with its unit.")
    series: dict[str, tuple[tuple[float, float], ...]] = Field(description="Points (x, y) by what they are of.")


class RecipeFold(Message):
    """What a backtest has measured on one origin or fold."""

    fold: Annotated[int, Field(ge=1)]
    train_rows: Count
    test_rows: Count
    train_end: str | None = Field(None, description="The last time that was learned from; null where folds are not of time.")
    test_start: str | None = None
    test_end: str | None = None
    metrics: RecipeMetrics
    baseline: dict[str, RecipeMetrics] = Field(default_factory=dict)


class RecipeRunResult(Message):
    """What a run measured and made. A value that cannot be computed is null, and `reasons` says why under its name."""

    metrics: RecipeMetrics = Field(description="On the hold-out, or the mean over a backtest's folds; the family documents the names.")
    baseline: dict[str, RecipeMetrics] = Field(description="By baseline: the same metrics on the same rows.")
    intervals: dict[str, RecipeInterval] = Field(default_factory=dict, description="By metric.")
    reasons: dict[str, str] = Field(default_factory=dict)
    tables: dict[str, tuple[JsonObject, ...]] = Field(
        default_factory=dict, description="Rows by table, at most 500 each: elasticities by product, uplift by decile, scores by place …"
    )
    curves: dict[str, RecipeCurve] = Field(default_factory=dict)
    folds: tuple[RecipeFold, ...] = Field((), description="Of a backtest, in order.")
    importance: dict[str, float] = Field(default_factory=dict, description="By feature; sums to 1. Empty where the learner has none.")
    rows: dict[str, int] = Field(description="By part: train, test, and those that were left out.")
    notes: tuple[str, ...] = Field((), description="What was assumed, left out or chosen for want of a word, in sentences.")
    synthetic: bool = Field(description="Whether the rows were generated: their figures are of no market.")
    run_card: JsonObject = Field(
        default_factory=dict,
        description="data_source, data_sha256, licence, seed, config_hash, release, revision, libraries, durations (seconds by stage), "
        "model_bytes.",
    )
    files: dict[str, Artifact] = Field(
        default_factory=dict, description=f"By path: `{MODEL_MANIFEST}` and what it names, `report.html`, pictures."
    )
    artifact: Artifact | None = Field(
        None, description=f"`{MODEL_MANIFEST}`, which names the others of the model; null where none was made."
    )


class RecipeModelManifest(Message):
    """`model/manifest.json`: what is needed to use and check a trained model. Its sha256 is the version's artifact."""

    format_version: int = FORMAT_VERSION
    kind: Literal["recipe"] = RECIPE
    family: Family
    recipe_id: str = ""
    recipe_version_id: str = ""
    learner: str
    manifest: JsonObject = Field(description="The recipe's manifest that it was trained by, resolved.")
    features: tuple[str, ...] = Field((), description="Columns of the learner, in its order.")
    columns: dict[str, str] = Field(default_factory=dict, description="Columns of the data by their role.")
    numbers: JsonObject = Field(default_factory=dict, description="What the family keeps beside its files: coefficients, categories …")
    metrics: RecipeMetrics = Field(default_factory=dict, description="On the hold-out of its training.")
    data: JsonObject = Field(
        default_factory=dict, description="source, sha256, rows: what it learned from, the reference of its monitoring."
    )
    seed: int = 0
    synthetic: bool = False
    job_id: str = Field("", description="The run that made it; empty for one without a platform.")
    files: dict[str, TextFile] = Field(default_factory=dict, description="By name in the folder, all but the manifest itself.")
    libraries: dict[str, str] = Field(default_factory=dict, description="Versions that made it.")
