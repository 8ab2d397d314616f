"""The manifest of a `next_best_action` recipe: what each action changes, and which one is the best for whom."""

from typing import Annotated, Literal

from pydantic import Field

from libs.contracts.manifests.manifest import Baseline, Evaluation, Manifest, RecipeData, Section, Split


class ActionSplit(Split):
    """Which customers are kept from learning."""

    method: Literal["random", "time", "groups"] = Field(
        "groups", description="`groups`: whole customers (role `customer`), rows where there is no such column; `time`; `random`."
    )


class BoostedHyperparameters(Section):
    """Of the LightGBM models that a learner is made of."""

    n_estimators: int = Field(100, ge=10, le=3_000, description="Trees.")
    learning_rate: float = Field(0.05, gt=0, le=1, description="How much each tree counts.")
    num_leaves: int = Field(7, ge=2, le=512, description="Leaves of a tree.")
    min_child_samples: int = Field(50, ge=1, le=100_000, description="Rows of a leaf at least.")
    l2: float = Field(5.0, ge=0, le=1e6, description="How much large leaves are held back.")


class TLearner(Section):
    """A model of the outcome for each action; an action's uplift is the difference to that of none (Künzel and others 2019)."""

    name: Literal["t_learner"] = "t_learner"
    hyperparameters: BoostedHyperparameters = BoostedHyperparameters()


class XLearner(Section):
    """Models of imputed effects on both sides, weighed by the propensity (Künzel and others 2019)."""

    name: Literal["x_learner"]
    hyperparameters: BoostedHyperparameters = BoostedHyperparameters()


ActionLearner = Annotated[TLearner | XLearner, Field(discriminator="name")]


class ActionBaseline(Baseline):
    """What the learner is measured against; all are always measured."""

    name: Literal["treat_none", "treat_all", "random", "response_model"] = Field(
        "random",
        description="Which one the verdict is about: nobody, everybody with the best action, a random choice, or those likeliest to buy.",
    )


class ActionEvaluation(Evaluation):
    """How policies are measured on the hold-out."""

    min_propensity: float = Field(0.01, gt=0, lt=0.5, description="Estimated chances of an action are no smaller than this.")
    min_rows: int = Field(50, ge=2, le=1_000_000, description="Hold-out rows of an action below which its figures are null.")


class ActionObjective(Section):
    """What an action is worth, and what it costs."""

    control: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="The word of those to whom nothing was done; null: `none`, `control`, `0` … as found.",
    )
    outcome_value: float = Field(1.0, gt=0, description="What one unit of the outcome is worth, in money.")
    action_costs: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default_factory=dict, max_length=50, description="Cost of doing an action once, in money; 0 where it is not named."
    )
    budget_share: float = Field(1.0, gt=0, le=1, description="Share of the customers that may be treated at most.")


class NextBestActionManifest(Manifest):
    """Everything that decides what a run of a `next_best_action` recipe does."""

    data: RecipeData = Field(default_factory=lambda: RecipeData(source="shipped:offers"))
    split: ActionSplit = Field(default_factory=ActionSplit)
    learner: ActionLearner = TLearner()  # type: ignore[assignment]  # typed hyperparameters, where a family in general has any
    baseline: ActionBaseline = Field(default_factory=lambda: ActionBaseline(name="random"))
    evaluation: ActionEvaluation = Field(default_factory=ActionEvaluation)
    objective: ActionObjective = Field(default_factory=ActionObjective)
