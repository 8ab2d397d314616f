"""What ML Development answers about models: registered from a recipe, made by its runs, promoted through the registry."""

from typing import Final, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, MODEL_ID, REASONS, Answer, JsonObject, Moment, Numbers
from modelbourse.answers.ml_development.runs import BEGAN, RECIPE_ID, RUN_ID, VERSION_ID, MetricsSource

ModelStatus = Literal["draft", "staging", "production", "retired"]
FamilyName = Literal["pricing", "next_best_action", "location_scoring", "forecasting"]
NAME: Final = "Production Pricing Model"
SHA: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
METRICS: Final[JsonObject] = {"revenue_lift": 0.042, "margin_impact": 0.068}
SOURCE: Final = Field(
    description="Whose word the metrics are: `measured` by the platform, or `reported`, where it rests on an outside worker's alone; "
    "null where there are none.",
    examples=["measured"],
)


class MlModel(Answer):
    """A model as lists show it."""

    id: str = Field(description="The model's id.", examples=[MODEL_ID])
    name: str = Field(description="What it is called.", examples=[NAME])
    model_family: FamilyName = Field(description="The recipe's family.", examples=["pricing"])
    recipe_id: str = Field(description="The recipe that it is made by.", examples=[RECIPE_ID])
    recipe_version_id: str = Field(
        description="The recipe's version: of its newest version, or that it was registered from.", examples=[VERSION_ID]
    )
    status: ModelStatus = Field(description="`draft`, `staging`, `production` or `retired`.", examples=["production"])
    owner: str = Field(description="Who is responsible for it; empty where nobody was named.", examples=["data-science-team"])
    created_at: Moment = Field(description="When it was registered.", examples=[BEGAN])
    updated_at: Moment = Field(description="When it last changed.", examples=[AT])
    version: str | None = Field(description="The version that serves; null before there is one.", examples=["1.0"])
    metrics: Numbers = Field(description="What that version measures, by the platform or by report.", examples=[METRICS])
    metrics_source: MetricsSource | None = SOURCE
    reasons: dict[str, str] = REASONS


class MlModelVersion(Answer):
    """A version of a model: what one training made, or what was reported of it."""

    version: str = Field(description="Its number.", examples=["1.0"])
    status: ModelStatus = Field(description="How far it has come; `retired`: archived.", examples=["production"])
    run_id: str | None = Field(description="The run that made it; null for one that was given a status before any run.", examples=[RUN_ID])
    recipe_version_id: str = Field(description="The recipe's version that it was made by.", examples=[VERSION_ID])
    made_at: Moment = Field(description="When it was made.", examples=[AT])
    metrics: Numbers = Field(description="What the platform has measured.", examples=[METRICS])
    reported: Numbers = Field(description="What an outside worker has said: nobody here has measured it.", examples=[{}])
    metrics_source: MetricsSource | None = SOURCE
    artifact: str | None = Field(description="SHA-256 of its manifest; null for one without files here.", examples=[SHA])
    aliases: list[str] = Field(description="Names that point to it.", examples=[[]])
    reasons: dict[str, str] = REASONS


class MlModelRegistered(Answer):
    """Where a model stands in the registry of all faces."""

    model_name: str = Field(description="The name that it is registered under.", examples=["production-pricing-model"])
    version: int = Field(description="The number of its newest registered version.", examples=[1])
    production: int | None = Field(description="The number in production; null where none is.", examples=[1])
    approval: Literal["none", "pending_approval", "approved", "declined"] = Field(
        description="Of a promotion that an admin has to agree to.", examples=["none"]
    )
    gate_rules: int = Field(description="Rules that a version has to pass; 0 lets every one pass.", examples=[0])
    reasons: dict[str, str] = REASONS


class MlModelWhole(MlModel):
    """A model with its versions and its place in the registry."""

    versions: list[MlModelVersion] = Field(description="The newest first.")
    registry: MlModelRegistered | None = Field(description="Its place in the registry; null before it has come to staging or production.")


class MlModels(Answer):
    """A part of the models, the newest first."""

    models: list[MlModel] = Field(description="The models.")
    total: int = Field(description="How many there are in all.", examples=[42])
