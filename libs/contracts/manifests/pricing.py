"""The manifest of a `pricing` recipe: how demand follows the price, and which price is the best within bounds."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from libs.contracts.manifests.manifest import Baseline, Evaluation, Manifest, RecipeData, Section, Split

GridEdge = Annotated[float, Field(gt=0, le=10)]


class PricingSplit(Split):
    """Which days are kept from learning."""

    method: Literal["time", "random", "groups"] = Field(
        "time", description="`time`: the latest days; `groups`: whole products, whose elasticity is then that of all; `random`."
    )


class LogLogHyperparameters(Section):
    """Of the log-log regression."""

    fixed_effects: Literal["two_way", "product"] = Field(
        "two_way", description="What is taken out of demand and price: levels of products and days, or of products alone."
    )
    clusters: Literal["product", "time"] = Field("product", description="Within which errors may hang together: for standard errors.")
    shrink: bool = Field(
        default=True,
        description="Whether each product's elasticity is drawn to that of all by how unsure it is (empirical Bayes); else all have one.",
    )
    product_rows: int = Field(20, ge=5, le=10_000, description="Rows from which on a product has an elasticity of its own.")


class BoostedHyperparameters(Section):
    """Of LightGBM; demand never rises with the price."""

    n_estimators: int = Field(300, ge=10, le=3_000, description="Trees.")
    learning_rate: float = Field(0.05, gt=0, le=1, description="How much each tree counts.")
    num_leaves: int = Field(31, ge=2, le=512, description="Leaves of a tree.")
    min_child_samples: int = Field(40, ge=1, le=100_000, description="Rows of a leaf at least.")
    l2: float = Field(1.0, ge=0, le=1e6, description="How much large leaves are held back.")


class LogLog(Section):
    """A regression of the logarithm of demand on that of the price, with fixed effects."""

    name: Literal["log_log"] = "log_log"
    hyperparameters: LogLogHyperparameters = LogLogHyperparameters()


class Boosted(Section):
    """Gradient boosting, monotone in the price."""

    name: Literal["gradient_boosting"]
    hyperparameters: BoostedHyperparameters = BoostedHyperparameters()


PricingLearner = Annotated[LogLog | Boosted, Field(discriminator="name")]


class PricingBaseline(Baseline):
    """What the learner is measured against; both are always measured."""

    name: Literal["constant_price", "naive"] = Field(
        "constant_price",
        description="Which one the verdict is about: demand that heeds no price, or the product's mean of the last days before.",
    )


class PricingEvaluation(Evaluation):
    """How policies of prices are measured on the hold-out."""

    price_bins: tuple[GridEdge, ...] = Field(
        (0.85, 0.95, 1.05, 1.15),
        min_length=1,
        max_length=20,
        description="Edges of bins of the price by the product's usual one; what was charged in a bin tells of prices recommended there.",
    )
    min_propensity: float = Field(0.02, gt=0, lt=0.5, description="Chance of the recommended bin below which a row tells nothing of it.")
    min_effective_rows: int = Field(50, ge=1, le=1_000_000, description="Effective sample size below which a policy's figures are null.")
    min_support: float = Field(0.5, ge=0, le=1, description="Share of rows with enough chance below which a policy's figures are null.")

    @model_validator(mode="after")
    def _ascending(self) -> "PricingEvaluation":
        if any(low >= high for low, high in zip(self.price_bins, self.price_bins[1:], strict=False)):
            msg = "price_bins must ascend"
            raise ValueError(msg)
        return self


class PricingObjective(Section):
    """Which price is the best."""

    goal: Literal["margin", "revenue"] = Field("margin", description="What a price is to make largest; without costs, revenue.")
    lowest: float = Field(0.9, gt=0, le=1, description="By the product's usual price: the least that may be recommended.")
    highest: float = Field(1.1, ge=1, le=10, description="By the product's usual price: the most that may be recommended.")
    min_margin: float = Field(0.0, ge=-1, lt=1, description="Least share of the price that is left after the unit cost.")
    step: float | None = Field(None, gt=0, description="Prices are multiples of it, in the data's money; null: any price.")
    unit_cost_share: float | None = Field(
        None, ge=0, lt=1, description="Unit cost as a share of the usual price, where the data have no costs; null: margins are null then."
    )


class PricingManifest(Manifest):
    """Everything that decides what a run of a `pricing` recipe does."""

    data: RecipeData = Field(default_factory=lambda: RecipeData(source="shipped:ta_feng"))
    split: PricingSplit = Field(default_factory=PricingSplit)
    learner: PricingLearner = LogLog()  # type: ignore[assignment]  # typed hyperparameters, where a family in general has any
    baseline: PricingBaseline = Field(default_factory=lambda: PricingBaseline(name="constant_price"))
    evaluation: PricingEvaluation = Field(default_factory=PricingEvaluation)
    objective: PricingObjective = Field(default_factory=PricingObjective)
