"""The manifest of a `location_scoring` recipe."""

from pydantic import Field

from libs.contracts.manifests.manifest import Baseline, Learner, Manifest, RecipeData


class LocationScoringManifest(Manifest):
    """Everything that decides what a run of a `location_scoring` recipe does."""

    data: RecipeData = Field(default_factory=lambda: RecipeData(source="shipped:baltimore"))
    learner: Learner = Field(default_factory=lambda: Learner(name="lightgbm"))
    baseline: Baseline = Field(default_factory=lambda: Baseline(name="mean"))
