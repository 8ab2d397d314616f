"""The manifest of a `forecasting` recipe."""

from pydantic import Field

from libs.contracts.manifests.manifest import Baseline, Learner, Manifest, RecipeData


class ForecastingManifest(Manifest):
    """Everything that decides what a run of a `forecasting` recipe does."""

    data: RecipeData = Field(default_factory=lambda: RecipeData(source="shipped:ta_feng_days"))
    learner: Learner = Field(default_factory=lambda: Learner(name="lightgbm"))
    baseline: Baseline = Field(default_factory=lambda: Baseline(name="seasonal_naive"))
