"""What answers of other nouns have in common, and feature importance, as the OpenAPI document has them."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.gateway.inbound.faces.ai_studio import examples

REASONS: Final = "Why a value is null, by its name."


def shown(example: Any) -> ConfigDict:
    """Return the configuration of a model that is shown by this example."""
    return ConfigDict(json_schema_extra={"examples": [example]})


class RankedFeature(BaseModel):
    """How much a feature weighs."""

    importance: float = Field(ge=0, le=1, description="Share of the mean |SHAP value|; all features sum to 1.")
    rank: int = Field(ge=1, description="1 is the most important.")
    description: str


class HowMeasured(BaseModel):
    """How the importance was measured."""

    method: str
    scale: Literal["probability", "log-odds", "value"] = Field(description="What SHAP values are measured in.")
    rows: int


class FeatureImportance(BaseModel):
    """What the version that serves rests on."""

    model_config = shown(examples.IMPORTANCE)

    feature_importance: dict[str, RankedFeature] | None = Field(description="By name, the most important first.")
    importance_plot_url: str | None
    shap_summary_plot_url: str | None
    model_version: str | None
    measured: HowMeasured | None
    synthetic: bool | None = Field(description="Whether its candles were generated.")
    reasons: dict[str, str] = Field(description=REASONS)
