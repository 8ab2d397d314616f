"""AI Studio's words for what a model rests on: pure functions."""

from collections.abc import Mapping
from typing import Any, Final

from libs.contracts.training import Plot
from libs.quant.grammar import describe
from services.gateway.domain.model import Model
from services.gateway.inbound.faces.ai_studio.translate import NOT_TRAINED

PATH: Final = "/api/ai-studio/models/{model_id}/plots/{plot}.png"
PLOT_KEYS: Final[Mapping[str, Plot]] = {
    "importance_plot_url": Plot.FEATURE_IMPORTANCE,
    "shap_summary_plot_url": Plot.SHAP_SUMMARY,
}
NOT_TOLD: Final = "Version {version} does not tell it."


def feature_importance(model: Model) -> dict[str, Any]:
    """Return the serving version's features by rank, and the addresses of its plots. What is null has its reason under `reasons`."""
    result = model.result
    missing = {key: model.why_no_plot(plot) for key, plot in PLOT_KEYS.items()}
    body: dict[str, Any] = {
        "feature_importance": _ranked(result.feature_importance) if result else None,
        **{key: None if missing[key] else PATH.format(model_id=model.id, plot=plot) for key, plot in PLOT_KEYS.items()},
        "model_version": model.versions[-1].name if model.versions else None,
        "measured": result.run_card.get("feature_importance") if result else None,
        "synthetic": result.run_card.get("synthetic") if result else None,
    }
    why = NOT_TOLD.format(version=body["model_version"]) if result else NOT_TRAINED
    reasons = {name: missing.get(name) or why for name, value in body.items() if value is None}
    if result and (all_zero := result.reasons.get("feature_importance")):
        reasons["feature_importance"] = all_zero
    return body | {"reasons": reasons}


def _ranked(shares: Mapping[str, float]) -> dict[str, dict[str, Any]]:
    """Rank from 1, the most important first; equal ones as the model has its features."""
    ordered = sorted(shares.items(), key=lambda each: -each[1])
    return {name: {"importance": share, "rank": rank, "description": describe(name)} for rank, (name, share) in enumerate(ordered, start=1)}
