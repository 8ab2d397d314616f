"""Models of markets: the list, one model with all that its test has measured, and a new one in a guided form."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from services.gateway.inbound.pages import charts
from services.gateway.inbound.pages.nouns import model_versions
from services.gateway.inbound.pages.nouns.model_form import new_model, shape_form
from services.gateway.inbound.pages.page import PRICES, Action, Facts, Form, Page, Read, several

STUDIO: Final = "/api/ai-studio"
MODELS: Final = "/app/models"
SIZE: Final = 20
STATUSES: Final = ("DRAFT", "TRAINING", "COMPLETED", "FAILED", "PUBLISHED", "ARCHIVED")
COMPARED: Final = 5
STAGES: Final = ("none", "staging", "production", "archived")
TYPES: Final = ("CLASSIFICATION", "REGRESSION", "TIME_SERIES")
PLOTS: Final = ("reliability", "shap-summary", "trades", "monthly-returns")


def _comparison(model: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the model's metrics, each beside its baselines."""
    baselines = {name: told for name, told in (model["baselines"] or {}).items() if isinstance(told, dict)}
    measured = model["performance_metrics"]
    return [
        {"name": name, "model": value, "why": model["reasons"].get(f"performance_metrics.{name}", model["reasons"].get(name))}
        | {"others": {each: told.get(name) for each, told in baselines.items()}}
        for name, value in measured.items()
    ]


def _results(facts: Facts) -> Mapping[str, Read]:
    """Return where the trainings are, and what the test has measured of a model that has been trained."""
    jobs = {"jobs": Read(f"{STUDIO}/training-jobs/", fixed={"model_id": facts["model"]["id"], "page_size": 5}, needed=False)}
    if facts["model"]["version"] is None:
        return jobs
    return jobs | {
        "curve": Read(f"{STUDIO}/models/{{model_id}}/equity-curve/", needed=False),
        "importance": Read(f"{STUDIO}/models/{{model_id}}/feature-importance/", needed=False),
        "trades": Read(f"{STUDIO}/models/{{model_id}}/trades/", fixed={"page_size": 10}, needed=False),
    }


def _shape_model(facts: Facts) -> Mapping[str, Any]:
    """Return charts, the comparison with baselines, and the same as a program would ask for it."""
    model, curve, importance = facts["model"], facts.get("curve"), facts.get("importance")
    card = model["run_card"] or {}
    points = curve["points"] if curve else []
    ranked = (importance or {}).get("feature_importance") or {}
    return {
        "falls": charts.waterfalls(facts["found"].get("asked")),
        "importance": importance,
        "stages": STAGES,
        "trades": facts.get("trades"),
        "comparison": _comparison(model),
        "baseline_names": [name for name, told in (model["baselines"] or {}).items() if isinstance(told, dict)],
        "equity": charts.equity(points, split=card.get("test_opens")) if points else None,
        "drawdown": charts.drawdown(points) if points else None,
        "weights": charts.bars({name: each["importance"] for name, each in ranked.items()}, name="Importance") if ranked else None,
        "plots": _plots(importance) if importance else (),
    }


def _plots(importance: Mapping[str, Any]) -> list[tuple[str, str | None, str]]:
    """Return the pictures that a model's page shows: its name, where it lies, and why there is none."""
    urls, reasons = importance["plots"], importance["reasons"]
    return [(name, urls.get(name) and f"{name}.png", reasons.get(f"plots.{name}", "")) for name in PLOTS]


def _to_model(answer: Any, _: Mapping[str, str]) -> str:
    return f"{MODELS}/{answer['id']}"


def _to_job(answer: Any, _: Mapping[str, str]) -> str:
    return f"/app/jobs/{answer['job_id']}"


def _symbols(form: Form) -> dict[str, Any]:
    return {"symbols": several(form, "symbols")}


def _compared(facts: Facts) -> Mapping[str, Read]:
    """Return the models that the page's `ids` name, and their tests."""
    ids = [each for each in dict.fromkeys(facts["asked"].get("ids", "").split(",")) if each][:COMPARED]
    models = {f"model {at}": Read(f"{STUDIO}/models/{quote(each, safe='')}/", needed=False) for at, each in enumerate(ids)}
    return models | {
        f"curve {at}": Read(f"{STUDIO}/models/{quote(each, safe='')}/equity-curve/", needed=False) for at, each in enumerate(ids)
    }


def _shape_compared(facts: Facts) -> Mapping[str, Any]:
    """Return metrics side by side, and equity in one chart."""
    found = [(facts[f"model {at}"], facts.get(f"curve {at}")) for at in range(COMPARED) if facts.get(f"model {at}")]
    metrics = list(dict.fromkeys(name for model, _ in found for name in model["performance_metrics"]))
    curves = {model["name"]: [[each["time"], each["equity"]] for each in curve["points"]] for model, curve in found if curve}
    return {
        "compared": [model for model, _ in found],
        "metrics": metrics,
        "equity": charts.lines(curves) if curves else None,
        "most": COMPARED,
    }


PAGES: Final = (
    Page(
        path=MODELS,
        template="models.html",
        title="Models",
        reads={"models": Read(f"{STUDIO}/models/", query=("status", "model_type", "page"), fixed={"page_size": SIZE})},
        shape=lambda _: {"statuses": STATUSES, "types": TYPES, "size": SIZE},
    ),
    Page(
        path=f"{MODELS}/compare",
        template="compare.html",
        title="Models side by side",
        crumbs=((MODELS, "Models"),),
        reads={"models": Read(f"{STUDIO}/models/", fixed={"page_size": 100})},
        more=_compared,
        shape=_shape_compared,
    ),
    Page(
        path=f"{MODELS}/new",
        template="new_model.html",
        title="New model",
        crumbs=((MODELS, "Models"),),
        reads={
            "algorithms": Read(f"{STUDIO}/algorithms/", fixed={"page_size": 100}),
            "features": Read(f"{STUDIO}/features/", fixed={"page_size": 100}),
            "symbols": Read(f"{STUDIO}/symbols/", fixed={"page_size": 100}),
        },
        shape=shape_form,
        actions={
            "create": Action(
                "POST", f"{STUDIO}/models/", new_model, _to_model, "The model is made. See what its training would take, then start it."
            )
        },
    ),
    Page(
        path=f"{MODELS}/{{model_id}}",
        template="model.html",
        title=lambda facts: str(facts["model"]["name"]),
        crumbs=((MODELS, "Models"),),
        reads={
            "model": Read(f"{STUDIO}/models/{{model_id}}/"),
            "prices": PRICES,
            "estimate": Read(f"{STUDIO}/models/{{model_id}}/estimate/", needed=False),
        },
        more=_results,
        shape=_shape_model,
        actions={
            "predict": Action("POST", f"{STUDIO}/models/{{model_id}}/predict/", _symbols, shows="asked"),
            "train": Action("POST", f"{STUDIO}/models/{{model_id}}/train/", lambda _: {}, _to_job, "The training is queued."),
            "stage": Action(
                "PATCH",
                f"{STUDIO}/models/{{model_id}}/versions/{{version}}/",
                lambda form: {"stage": form.get("stage", "")},
                done="The version has its new stage.",
            ),
            "archive": Action("POST", f"{STUDIO}/models/{{model_id}}/archive/", done="The model is archived."),
            "restore": Action("POST", f"{STUDIO}/models/{{model_id}}/restore/", done="The model is back."),
            "delete": Action("DELETE", f"{STUDIO}/models/{{model_id}}/", goes=lambda *_: MODELS, done="The model is deleted."),
        },
    ),
    model_versions.PAGE,
)
# Files that pages show or hand out: where they are, and which path of the API has them.
FILES: Final = {
    f"{MODELS}/{{model_id}}/plots/{{plot}}": f"{STUDIO}/models/{{model_id}}/plots/{{plot}}",
    f"{MODELS}/{{model_id}}/report.html": f"{STUDIO}/models/{{model_id}}/report.html",
}
