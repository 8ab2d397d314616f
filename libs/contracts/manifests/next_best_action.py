"""The manifest of a `next_best_action` recipe."""

from pydantic import Field

from libs.contracts.manifests.manifest import Baseline, Learner, Manifest, RecipeData


class NextBestActionManifest(Manifest):
    """Everything that decides what a run of a `next_best_action` recipe does."""

    data: RecipeData = Field(default_factory=lambda: RecipeData(source="shipped:offers"))
    learner: Learner = Field(default_factory=lambda: Learner(name="t_learner"))
    baseline: Baseline = Field(default_factory=lambda: Baseline(name="random"))
