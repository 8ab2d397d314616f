"""What the gateway answers about the registry: names, their versions, gates, comparisons."""

from typing import Any, Final, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, JOB_ID, MODEL_ID, REASONS, Answer, Moment, Numbers
from modelbourse.answers.datasets import DATASET_ID, SHA
from modelbourse.answers.frames import to_frame

Status = Literal["registered", "staging", "production", "archived"]
Approval = Literal["none", "pending_approval", "approved", "declined"]
Op = Literal[">=", ">", "<=", "<"]
ModelKind = Literal["market", "text", "recipe"]
Source = Literal["measured", "reported"]
Who = Literal["none", "admin"]
NAME: Final = "TFT-AAPL-Predictor"
DESCRIPTION: Final = "Improved TFT model with additional features"
METRICS: Final = {"accuracy": 0.56, "mse": None, "mae": None, "f1_score": 0.54, "sharpe_ratio": 0.31}
REPORTED: Final = {"accuracy": 0.85}
TAGS: Final = ["production-ready", "high-accuracy"]
SOURCE: Final = Field(
    description="Whose word stands for it: `measured` where the platform has measured anything, `reported` where there is only what was "
    "said of it; null where there is nothing.",
    examples=["measured"],
)
RULE: Final = {"metric": "sharpe_ratio", "op": ">=", "value": 0.25, "against": None, "margin": None}
REFUSED: Final = f"Version 3 of '{NAME}' does not pass the gate: sharpe_ratio is 0.31: must be >= 0.5."
SENTENCE: Final = "sharpe_ratio is 0.31: must be >= 0.25."


class Finding(Answer):
    """A rule of the gate, and how a version stands to it."""

    metric: str = Field(description="Which metric.", examples=["sharpe_ratio"])
    op: Op = Field(description="How it is compared.", examples=[">="])
    needed: float | None = Field(description="What it must reach; null where nothing has to be reached.", examples=[0.25])
    actual: float | None = Field(description="What the platform has measured.", examples=[0.31])
    passed: bool = Field(description="Whether it does.", examples=[True])
    sentence: str = Field(description="For people.", examples=[SENTENCE])
    reasons: dict[str, str] = REASONS


class Dataset(Answer):
    """A version of a dataset of your own that was learned from."""

    symbol: str = Field(description="Whose candles they are.", examples=["ACME"])
    dataset_id: str = Field(description="The dataset.", examples=[DATASET_ID])
    version: int = Field(description="Which version of it.", examples=[1])


class Lineage(Answer):
    """Where a version comes from."""

    job_id: str = Field(description="The training that made it.", examples=[JOB_ID])
    trained_at: Moment = Field(description="When.", examples=[AT])
    datasets: list[Dataset] = Field(description="Your own datasets that it learned from; empty for the platform's candles.")
    config_hash: str | None = Field(description="SHA-256 of all that decides the training's result.", examples=[SHA])
    data_hash: str | None = Field(description="SHA-256 of the candles.", examples=[SHA])
    artifact: str = Field(description="SHA-256 of the manifest that names its files.", examples=[SHA])
    release: str | None = Field(description="The platform's release that trained it.", examples=["0.2.0"])
    revision: str | None = Field(description="The commit of the platform's source that trained it.", examples=["4f1c" * 10])
    libraries: dict[str, str] = Field(description="The libraries that trained it, with their versions.", examples=[{"numpy": "2.3.5"}])
    parent: int | None = Field(description="The version that was in production when it was registered.", examples=[2])
    reasons: dict[str, str] = REASONS


class ModelVersion(Answer):
    """A registered version."""

    model_name: str = Field(description="The name that it is registered under.", examples=[NAME])
    version: int = Field(description="Its number, from 1.", examples=[3])
    model_id: str = Field(description="The model.", examples=[MODEL_ID])
    kind: ModelKind = Field(description="The model's kind: it learns from candles, from texts, or by a recipe.", examples=["market"])
    model_version: str = Field(description="Which version of the model, as every face calls it.", examples=["1.0"])
    status: Status = Field(description="What is in `production` serves, in every face.", examples=["registered"])
    approval: Approval = Field(description="Where the gate asks for an admin: whether one has agreed.", examples=["none"])
    approval_note: str = Field(description="What the admin has said to it.", examples=[""])
    created_at: Moment = Field(description="When it was registered.", examples=[AT])
    updated_at: Moment = Field(description="When something of it was last changed.", examples=[AT])
    description: str = Field(description="What you say of it.", examples=[DESCRIPTION])
    metrics: Numbers = Field(description="The platform's own, measured out of sample.", examples=[METRICS])
    reported: dict[str, float] = Field(description="What you have said that it measures: nobody has checked that.", examples=[REPORTED])
    metrics_source: Source | None = SOURCE
    tags: list[str] = Field(description="Your words for it.", examples=[TAGS])
    aliases: list[str] = Field(description="The aliases that point to it.", examples=[["champion"]])
    gate: list[Finding] = Field(description="How it stands to each rule of the name's gate now.")
    lineage: Lineage = Field(description="Where it comes from.")
    reasons: dict[str, str] = Field(
        description="Why a value is null, by its name.",
        examples=[dict.fromkeys(("metrics.mse", "metrics.mae"), "It answers classes: see accuracy.")],
    )


class ModelVersions(Answer):
    """A part of the versions of a name, the newest first."""

    model_name: str = Field(description="The name.", examples=[NAME])
    versions: list[ModelVersion] = Field(description="The rows of this part.")
    total: int = Field(description="How many there are in all.", examples=[3])
    limit: int = Field(description="How many were asked for.", examples=[100])
    offset: int = Field(description="How many were passed over.", examples=[0])

    def to_frame(self) -> Any:
        """Return a pandas.DataFrame, a line for each version; raise PandasMissingError."""
        return to_frame(self.versions)


class StatusChange(Answer):
    """A change of a version's status."""

    at: Moment = Field(description="When.", examples=[AT])
    by: str | None = Field(description="Whose word it was.", examples=["ada"])
    before: Status | None = Field(description="Its status before; null for its registration.", examples=["registered"])
    after: Status = Field(description="Its status then.", examples=["production"])
    comment: str = Field(description="What was said to it.", examples=["The drawdown is lower."])
    reasons: dict[str, str] = REASONS


class RefusedPromotion(Answer):
    """A promotion of a version that its name's gate refused; its status stayed as it was."""

    at: Moment = Field(description="When.", examples=[AT])
    by: str | None = Field(description="Who asked for it.", examples=["ada"])
    before: Status | None = Field(
        description="The status that it kept; null for what was to be registered straight into production, and was not.",
        examples=["staging"],
    )
    wanted: Status = Field(description="The status that it was to have.", examples=["production"])
    comment: str = Field(description="What was said to it.", examples=["The drawdown is lower."])
    message: str = Field(description="What was answered.", examples=[REFUSED])
    failing: list[Finding] = Field(
        description="The rules that it did not pass, with the values of that moment; empty where an admin had to agree first."
    )
    reasons: dict[str, str] = REASONS


class VersionHistory(Answer):
    """A part of what has become of a version, the newest first."""

    model_name: str = Field(description="The name.", examples=[NAME])
    version: int = Field(description="Which version.", examples=[3])
    changes: list[StatusChange] = Field(description="The rows of this part.")
    refused: list[RefusedPromotion] = Field(
        default_factory=list,
        description="Promotions that the gate refused, the newest first: all that are kept, whichever part it is.",
    )
    total: int = Field(description="How many there are in all.", examples=[2])
    limit: int = Field(description="How many were asked for.", examples=[100])
    offset: int = Field(description="How many were passed over.", examples=[0])

    def to_frame(self) -> Any:
        """Return a pandas.DataFrame, a line for each change; raise PandasMissingError."""
        return to_frame(self.changes)


class Rule(Answer):
    """What a metric must reach."""

    metric: str = Field(description="Which metric.", examples=["sharpe_ratio"])
    op: Op = Field(description="How it is compared.", examples=[">="])
    value: float | None = Field(description="With what; null where it is compared with the version in production.", examples=[0.25])
    against: Literal["production"] | None = Field(description="`production`, or null where it is compared with a value.", examples=[None])
    margin: float | None = Field(description="By how much it must be better than production's; null with a value.", examples=[None])


class RegistryGate(Answer):
    """What a version must reach before it goes into production."""

    rules: list[Rule] = Field(description="All of them have to hold.")
    approval: Who = Field(description="Who has to agree besides.", examples=["none"])


class RegisteredModel(Answer):
    """A name."""

    model_name: str = Field(description="The name.", examples=[NAME])
    versions: int = Field(description="How many versions it has.", examples=[3])
    newest: int = Field(description="The highest number.", examples=[3])
    production: int | None = Field(description="The version in production; null where none is.", examples=[2])
    model_id: str | None = Field(description="The model that is in production.", examples=[MODEL_ID])
    model_version: str | None = Field(description="The model's version that is in production.", examples=["1.0"])
    metrics_source: Source | None = SOURCE
    rollback_to: int | None = Field(
        description="The version that a rollback puts into production, if it can still serve; null where there is none.", examples=[1]
    )
    aliases: dict[str, int] = Field(description="The version that each alias points to.", examples=[{"champion": 2}])
    gate: RegistryGate = Field(description="The gate that each promotion has to pass.")
    created_at: Moment = Field(description="When its first version was registered.", examples=[AT])
    updated_at: Moment = Field(description="When something of it was last changed.", examples=[AT])
    reasons: dict[str, str] = REASONS


class RegisteredModels(Answer):
    """A part of the names, by the alphabet."""

    models: list[RegisteredModel] = Field(description="The rows of this part.")
    total: int = Field(description="How many there are in all.", examples=[1])
    limit: int = Field(description="How many were asked for.", examples=[100])
    offset: int = Field(description="How many were passed over.", examples=[0])

    def to_frame(self) -> Any:
        """Return a pandas.DataFrame, a line for each name; raise PandasMissingError."""
        return to_frame(self.models)


class MetricPair(Answer):
    """A metric of two versions."""

    metric: str = Field(description="Which metric.", examples=["sharpe_ratio"])
    a: float | None = Field(description="Of the first.", examples=[0.25])
    b: float | None = Field(description="Of the second.", examples=[0.31])
    difference: float | None = Field(description="b - a; null where either is unknown.", examples=[0.06])
    better: Literal["a", "b"] | None = Field(description="Which is better; null where they are equal or nobody can say.", examples=["b"])


class ConfigPair(Answer):
    """Where two configurations differ."""

    field: str = Field(description="The path of the field.", examples=["hyperparameters.max_depth"])
    a: Any = Field(description="Of the first; null where it has none.", examples=[4])
    b: Any = Field(description="Of the second; null where it has none.", examples=[6])


class Comparison(Answer):
    """Two versions of a name side by side."""

    model_name: str = Field(description="The name.", examples=[NAME])
    a: ModelVersion = Field(description="The first.")
    b: ModelVersion = Field(description="The second.")
    metrics: list[MetricPair] = Field(description="Every metric that either has.")
    differences: list[ConfigPair] = Field(description="Where what they were trained with differs.")


class PendingVersion(Answer):
    """A version that waits for an admin."""

    account_id: str = Field(description="Whose it is.", examples=["account_01kab8m2q7f4tv9c3x6r8w1znh"])
    asked_at: Moment = Field(description="Since when it waits.", examples=[AT])
    version: ModelVersion = Field(description="What would go into production.")
    replaces: int | None = Field(description="The version that is in production now; null where none is.", examples=[2])


class PendingVersions(Answer):
    """A part of what waits for an admin, of all accounts: what waits longest first."""

    versions: list[PendingVersion] = Field(description="The rows of this part.")
    total: int = Field(description="How many names have a version that waits.", examples=[1])
    limit: int = Field(description="How many names were asked for.", examples=[50])
    offset: int = Field(description="How many names were passed over.", examples=[0])
