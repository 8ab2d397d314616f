"""The manifest of a `location_scoring` recipe: what a place is worth, by what is there and what is near."""

from typing import Annotated, Final, Literal

from pydantic import Field

from libs.contracts.manifests.manifest import Baseline, Evaluation, Manifest, RecipeData, Section, Split

CENTRES_MOST: Final = 20
SpatialFeature = Literal["neighbour_mean", "kernel_mean", "density", "centre_distance", "coordinates"]
Centre = tuple[float, float]


class LocationSplit(Split):
    """Which places are kept from learning."""

    method: Literal["spatial_blocks", "random", "groups"] = Field(
        "spatial_blocks",
        description="`spatial_blocks`: whole areas, so that no place is told by its neighbours; `groups`: by the column `group`; `random`.",
    )
    blocks: Literal["grid", "kmeans"] = Field("kmeans", description="Areas are cells of a grid, or clusters of places.")
    block_count: int = Field(20, ge=4, le=400, description="Areas, at most.")
    buffer: float = Field(
        0.0,
        ge=0,
        description="Places within this distance of a held-out one are not learned from; in the unit of coordinates, km of degrees.",
    )


class LinearHyperparameters(Section):
    """Of ridge regression over standardised features."""

    l2: float = Field(1.0, ge=0, le=1e6, description="How much large coefficients are held back.")


class BoostedHyperparameters(Section):
    """Of LightGBM."""

    n_estimators: int = Field(300, ge=10, le=3_000, description="Trees.")
    learning_rate: float = Field(0.05, gt=0, le=1, description="How much each tree counts.")
    num_leaves: int = Field(15, ge=2, le=512, description="Leaves of a tree.")
    min_child_samples: int = Field(10, ge=1, le=10_000, description="Places of a leaf at least.")
    l2: float = Field(1.0, ge=0, le=1e6, description="How much large leaves are held back.")


class Linear(Section):
    """Ridge regression."""

    name: Literal["linear"]
    hyperparameters: LinearHyperparameters = LinearHyperparameters()


class Boosted(Section):
    """Gradient boosting."""

    name: Literal["lightgbm"] = "lightgbm"
    hyperparameters: BoostedHyperparameters = BoostedHyperparameters()


LocationLearner = Annotated[Linear | Boosted, Field(discriminator="name")]


class LocationBaseline(Baseline):
    """What the learner is measured against; all are always measured."""

    name: Literal["mean", "nearest_neighbours", "linear_coordinates"] = Field(
        "nearest_neighbours", description="Which one the verdict is about."
    )


class LocationEvaluation(Evaluation):
    """How scores are measured."""

    permutations: int = Field(199, ge=99, le=9_999, description="Of Moran's I of the errors.")


class LocationObjective(Section):
    """What is scored, and what of space is told to the learner."""

    coordinates: Literal["plane", "degrees"] = Field("plane", description="Units of a plane, or longitude and latitude, taken to km.")
    neighbours: int = Field(8, ge=1, le=100, description="Nearest places that a place is compared with.")
    bandwidth: float | None = Field(
        None,
        gt=0,
        description="Of the Gaussian kernel, in the unit of coordinates (km of degrees); null: the median distance to the last neighbour.",
    )
    centres: int | tuple[Centre, ...] = Field(1, description="Centres to be near to: points, or how many are found by clustering.")
    spatial_features: tuple[SpatialFeature, ...] = Field(
        ("neighbour_mean", "kernel_mean", "density", "centre_distance", "coordinates"),
        description="What is derived of where a place is. Means are of others' targets, never of places in the same area.",
    )
    log_target: bool = Field(False, description="Whether the target's logarithm is learned; it must then be above zero.")  # noqa: FBT003 - a default
    higher_is_better: bool = Field(True, description="Whether a high target is a high score.")  # noqa: FBT003 - a default


class LocationScoringManifest(Manifest):
    """Everything that decides what a run of a `location_scoring` recipe does.

    Roles of columns: `target`, `x` and `y` (longitude and latitude, in degrees), `id` and `group`. Rows without a target are candidates:
    they are scored.
    """

    data: RecipeData = Field(default_factory=lambda: RecipeData(source="shipped:baltimore_houses"))
    split: LocationSplit = LocationSplit()
    learner: LocationLearner = Boosted()  # type: ignore[assignment]  # typed hyperparameters, where a family in general has any
    baseline: LocationBaseline = LocationBaseline()
    evaluation: LocationEvaluation = LocationEvaluation()
    objective: LocationObjective = LocationObjective()
