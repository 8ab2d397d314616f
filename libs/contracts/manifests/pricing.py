"""The manifest of a `pricing` recipe."""

from pydantic import Field

from libs.contracts.manifests.manifest import Baseline, Learner, Manifest, RecipeData


class PricingManifest(Manifest):
    """Everything that decides what a run of a `pricing` recipe does."""

    data: RecipeData = Field(default_factory=lambda: RecipeData(source="shipped:ta_feng"))
    learner: Learner = Field(default_factory=lambda: Learner(name="log_log"))
    baseline: Baseline = Field(default_factory=lambda: Baseline(name="constant_price"))
