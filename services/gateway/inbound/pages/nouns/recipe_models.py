"""ML Development's pages of models and their runs, and how a model does in production."""

import csv
import io
from collections.abc import Collection, Mapping
from typing import Any, Final

from modelbourse.answers.cells import value_of
from services.gateway.inbound.pages import charts
from services.gateway.inbound.pages.face import LIBRARY
from services.gateway.inbound.pages.nouns import recipe_compared
from services.gateway.inbound.pages.nouns.recipes import ESTIMATE, FAMILIES, ML, RUN, RUN_TYPES, SIZE
from services.gateway.inbound.pages.nouns.watching import WATCHING, looked_at, shape_watch, watched
from services.gateway.inbound.pages.page import PRICES, Action, Facts, Form, Page, Read, filled, json_of, page_number

CRUMBS: Final = ((LIBRARY, "Model library"),)
MODEL_STATUSES: Final = ("draft", "staging", "production", "retired")
RUN_STATUSES: Final = ("queued", "running", "succeeded", "failed")
RUN_WORDS: Final[Mapping[str, str]] = {"train": "Training", "eval": "Evaluation", "backtest": "Backtest"}
ENDED: Final = frozenset({"succeeded", "failed"})
# Rows of a table that a page shows; the run's own answer has them all.
ROWS: Final = 50


def _tended(form: Form) -> dict[str, Any]:
    """Return a model's new name and owner; nobody may own it."""
    return {"name": form.get("name", ""), "owner": form.get("owner", "")}


def _labels(form: Form) -> dict[str, Any]:
    """Return what came true, a row a label: what identifies a row is a word, also where it reads as a number."""
    return {"rows": rows_of(form.get("label_rows", "").strip(), words=("prediction_id", "symbol"))}


def _predicting(form: Form) -> dict[str, Any]:
    """Return what a model is asked: rows as they were typed or pasted, or a file or data set of them."""
    text = form.get("rows", "").strip()
    return filled(form, "data", "version") | ({"rows": rows_of(text)} if text else {})


def rows_of(text: str, *, words: Collection[str] = ()) -> Any:
    """Return rows that are JSON, or comma-separated values below a line of names; a cell that reads as a number is one.

    Columns that are `words` have no numbers.
    """
    if text.startswith(("[", "{")):
        told = json_of(text)
        return [told] if isinstance(told, dict) else told
    read = csv.DictReader(io.StringIO(text), restkey="more", skipinitialspace=True)
    return [{name: (value.strip() or None) if name in words and value else _cell(value) for name, value in row.items()} for row in read]


def _cell(text: Any) -> Any:
    """Return a cell's number or word; None for an empty one. What a line has more of than there are columns stays a list."""
    return value_of(text) if isinstance(text, str) and text.strip() else text or None


def _shape_prediction(facts: Facts) -> Mapping[str, Any]:
    """Return a part of an answer's rows as a flat table: a mapping is a column for each of its keys."""
    prediction, begin = facts["prediction"], (page_number(facts["asked"]) - 1) * ROWS
    rows = prediction["rows"]
    lines = [_flat(row) for row in rows[begin : begin + ROWS]]
    return {
        "ended": prediction["status"] in ENDED,
        "size": ROWS,
        "count": len(rows),
        "columns": list(dict.fromkeys(name for line in lines for name in line)),
        "lines": list(zip(lines, rows[begin : begin + ROWS], strict=True)),
    }


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in row.items():
        if name == "because":
            found[name] = ", ".join(f"{each['column']} {each['adds']:+.3g}" for each in value or ())
        elif isinstance(value, dict) and name != "reasons":
            found |= {f"{name}: {key}": each for key, each in value.items()}
        elif name not in {"reasons", "notes"}:
            found[name] = value
    return found


def _shape_run(facts: Facts) -> Mapping[str, Any]:
    """Return a run's metrics beside its baselines, and its charts."""
    run = facts["run"]
    names = dict.fromkeys([*run["metrics_json"], *(name for told in run["baseline"].values() for name in told)])
    return {
        "ended": run["status"] in ENDED,
        "rows": ROWS,
        "metrics": [
            {
                "name": name,
                "value": run["metrics_json"].get(name),
                "why": run["reasons"].get(f"metrics_json.{name}"),
                "interval": run["intervals"].get(name),
            }
            | {"others": {each: told.get(name) for each, told in run["baseline"].items()}}
            for name in names
        ],
        "drawn": {name: charts.curve(each) for name, each in run["curves"].items()},
        "weights": charts.bars(run["importance"], name="Importance") if run["importance"] else None,
    }


def _shape_model(facts: Facts) -> Mapping[str, Any]:
    """Return what a model may become, and how it is watched."""
    # What was put away comes back step by step.
    statuses = ("staging",) if facts["model"]["status"] == "retired" else MODEL_STATUSES
    versions = [(each["version"], each["version"]) for each in facts["model"]["versions"]]
    return {"statuses": statuses, "run_types": RUN_TYPES, "version_names": versions} | shape_watch(facts)


PAGES: Final = (
    Page(
        path=f"{LIBRARY}/models",
        template="recipe_models.html",
        title="Models of recipes",
        crumbs=CRUMBS,
        reads={"models": Read(f"{ML}/models", query=("model_family", "status", "recipe_id"), size=SIZE)},
        shape=lambda _: {"families": FAMILIES, "statuses": MODEL_STATUSES, "size": SIZE},
    ),
    Page(
        path=f"{LIBRARY}/models/{{model_id}}",
        template="recipe_model.html",
        title=lambda facts: str(facts["model"]["name"]),
        crumbs=CRUMBS,
        reads={"prices": PRICES, "model": Read(f"{ML}/models/{{model_id}}"), **watched("{model_id}")},
        more=lambda facts: (
            {
                "runs": Read(f"{ML}/runs", fixed={"model_id": facts["model"]["id"], "limit": 10}),
                "predictions": Read(f"{ML}/models/{{model_id}}/predictions", fixed={"limit": 5}, needed=False),
            }
            | looked_at(facts)
        ),
        shape=_shape_model,
        actions={
            "status": Action(
                "PUT", f"{ML}/models/{{model_id}}", lambda form: filled(form, "status", "version"), done="The model has its new status."
            ),
            "tend": Action("PUT", f"{ML}/models/{{model_id}}", _tended, done="The model is changed."),
            "delete": Action(
                "DELETE",
                f"{ML}/models/{{model_id}}",
                goes=lambda *_: f"{LIBRARY}/models",
                done="The model is deleted, with its versions; its runs stay.",
            ),
            "labels": Action("POST", f"{ML}/models/{{model_id}}/labels", _labels, shows="kept"),
            "run": RUN,
            "estimate": ESTIMATE,
            "predict": Action(
                "POST",
                f"{ML}/models/{{model_id}}/predict",
                _predicting,
                lambda answer, _: f"{LIBRARY}/models/{answer['model_id']}/predictions/{answer['id']}",
                done="The model was asked.",
            ),
            **WATCHING,
        },
    ),
    Page(
        path=f"{LIBRARY}/models/{{model_id}}/predictions/{{prediction_id}}",
        template="recipe_prediction.html",
        title=lambda facts: f"Answer of {facts['model']['name']}",
        crumbs=(*CRUMBS, (f"{LIBRARY}/models", "Models of recipes")),
        reads={
            "prices": PRICES,
            "prediction": Read(f"{ML}/models/{{model_id}}/predictions/{{prediction_id}}"),
            "model": Read(f"{ML}/models/{{model_id}}"),
        },
        shape=_shape_prediction,
    ),
    Page(
        path=f"{LIBRARY}/runs",
        template="recipe_runs.html",
        title="Runs",
        crumbs=CRUMBS,
        reads={"runs": Read(f"{ML}/runs", query=("model_id", "recipe_id", "status", "run_type"), size=SIZE)},
        shape=lambda _: {"statuses": RUN_STATUSES, "run_types": RUN_TYPES, "size": SIZE},
    ),
    recipe_compared.PAGE,
    Page(
        path=f"{LIBRARY}/runs/{{run_id}}",
        template="recipe_run.html",
        title=lambda facts: f"{RUN_WORDS[facts['run']['run_type']]} of {facts['run']['model_family'].replace('_', ' ')}",
        crumbs=(*CRUMBS, (f"{LIBRARY}/runs", "Runs")),
        reads={"prices": PRICES, "run": Read(f"{ML}/runs/{{run_id}}")},
        shape=_shape_run,
        actions={"cancel": Action("DELETE", f"{ML}/runs/{{run_id}}", done="The run is cancelled.")},
    ),
)
FILES: Final = {
    f"{LIBRARY}/models/{{model_id}}/predictions/{{prediction_id}}/files/{{path:path}}": (
        f"{ML}/models/{{model_id}}/predictions/{{prediction_id}}/files/{{path}}"
    ),
    f"{LIBRARY}/runs/{{run_id}}/files/{{path:path}}": f"{ML}/runs/{{run_id}}/files/{{path}}",
}
