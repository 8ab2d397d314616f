"""Models of texts: data and its check, trainings, scores and predictions."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from libs.contracts.text_config import BASELINES, SHIPPED
from services.gateway.inbound.pages import charts
from services.gateway.inbound.pages.nouns import text_data, text_form
from services.gateway.inbound.pages.nouns.text_data import API, CONTENT, TEXTS, data_reads, model_choices, model_reads, shape_data
from services.gateway.inbound.pages.page import PRICES, Action, Facts, Form, Page, Read, filled

SIZE: Final = 20
STATUSES: Final = ("started", "running", "completed", "failed", "cancelled")
ENDED: Final = frozenset({"completed", "failed", "cancelled"})
LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")
STAGES: Final = ("None", "Staging", "Production", "Archived")
CRUMBS: Final = ((TEXTS, "Text models"),)
PICTURES: Final[Mapping[str, str]] = {"reliability": "How sure, and how right"}
LOSSES: Final[Mapping[str, str]] = {"train_loss": "Training", "val_loss": "Validation"}
SCORES: Final[Mapping[str, str]] = {"val_macro_f1": "Macro F1", "val_accuracy": "Accuracy"}
# Shades of a table's cells, by their share of the row.
SHADES: Final = 4


def _comparison(result: Mapping[str, Any], reasons: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the metrics of the test part, each beside the validation part's, the baselines' and what the seeds' models vary by."""
    return [
        {
            "name": name,
            "value": value,
            "why": reasons.get(f"metrics.{name}", reasons.get(name)),
            "validation": result["validation_metrics"].get(name),
            "others": {each: told.get(name) for each, told in result["baselines"].items()},
            "mean": result["seed_mean"].get(name),
            "spread": result["seed_spread"].get(name),
        }
        for name, value in result["metrics"].items()
    ]


def _confusion(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the confusion matrix row by row: counts, their shares of the row, and how much a cell is shaded."""
    rows = []
    for label, counts in zip(told["labels"], told["counts"], strict=True):
        shares = [count / sum(counts) if sum(counts) else 0.0 for count in counts]
        cells = [{"count": count, "share": share, "shade": round(share * SHADES)} for count, share in zip(counts, shares, strict=True)]
        rows.append({"label": label, "cells": cells, "support": sum(counts)})
    return rows


def _curve(history: Sequence[Mapping[str, Any]], names: Mapping[str, str], unit: str) -> charts.Option | None:
    """Return values of a training over its epochs; None where there are none."""
    known = {title: [(each["epoch"], each[name]) for each in history if each.get(name) is not None] for name, title in names.items()}
    series = {title: points for title, points in known.items() if points}
    return charts.curve({"series": series, "x": "epoch", "y": unit}) if series else None


def _shape_training(facts: Facts) -> Mapping[str, Any]:
    """Return a training's charts, its measures in tables, and its files apart from its checkpoints."""
    training, result = facts["training"], facts["training"]["result"]
    files = training["files"]
    folder = f"{training['output_dir']}/"
    checkpoints = [path for path in files if path.removeprefix(folder).startswith("checkpoint-")]
    shown = {
        "ended": training["status"] in ENDED,
        "stages": STAGES,
        "levels": LEVELS,
        "content": CONTENT,
        "files": [path for path in files if path not in checkpoints],
        "checkpoints": checkpoints,
        "pictures": {title: f"{folder}{name}.png" for name, title in PICTURES.items() if f"{folder}{name}.png" in files},
    }
    if result is None:
        return shown
    return shown | {
        "comparison": _comparison(result, training["reasons"]),
        "confusion": _confusion(result["confusion"]),
        "losses": _curve(result["history"], LOSSES, "loss"),
        "scores": _curve(result["history"], SCORES, "validation"),
        "calibration": result["run_card"].get("calibration"),
        "sliced": list(dict.fromkeys(name for each in result["slices"] for name in each["metrics"])),
    }


def _shape_new(facts: Facts) -> Mapping[str, Any]:
    """Return the form's fields, and the data that it can learn from."""
    named = {name: text_form.setting(name) for name in (*text_form.FIRST, *text_form.COLUMNS)}
    backbones = [(each, "") for each in (SHIPPED, *BASELINES)]
    return shape_data(facts) | {"first": named, "groups": text_form.groups(), "backbones": backbones, "levels": LEVELS}


def _asked(form: Form) -> dict[str, Any]:
    """Return what a model is asked: each line that is not empty is a text."""
    texts = [line.strip() for line in form.get("texts", "").splitlines() if line.strip()]
    return {**filled(form, "model", "version"), "texts": texts, "explain": form.get("explain") == "yes"}


def _shape_ask(facts: Facts) -> Mapping[str, Any]:
    """Return the models that can be asked, and how far the words of each answer move it."""
    told = facts["found"].get("answer") or {"predictions": []}
    spans = [(each["attribution"] or {}).get("spans", ()) for each in told["predictions"]]
    return {"models": model_choices(facts), "most": [max((abs(span["contribution"]) for span in each), default=0.0) for each in spans]}


def _registered(answer: Any, _: Mapping[str, str]) -> str:
    return f"/app/registry/{answer['model_name']}"


TRAINING: Final = f"{TEXTS}/trainings/{{job_id}}"
PAGES: Final = (
    Page(
        path=TEXTS,
        template="texts.html",
        title="Text models",
        reads={"trainings": Read(f"{API}/training", query=("status", "experiment_name"), size=SIZE)},
        shape=lambda _: {"statuses": STATUSES, "size": SIZE},
    ),
    Page(
        path=f"{TEXTS}/new",
        template="new_text_training.html",
        title="New training on texts",
        crumbs=CRUMBS,
        reads=data_reads(),
        shape=_shape_new,
        actions={
            "start": Action(
                "POST",
                f"{API}/training/start",
                text_form.new_training,
                lambda answer, _: f"{TEXTS}/trainings/{answer['job_id']}",
                "The training is accepted. It is followed here.",
            )
        },
    ),
    Page(
        path=TRAINING,
        template="text_training.html",
        title=lambda facts: f"{facts['training']['experiment_name']} {facts['training']['version']}",
        crumbs=CRUMBS,
        reads={
            "prices": PRICES,
            "training": Read(f"{API}/training/{{job_id}}"),
            "log": Read(f"{API}/training/{{job_id}}/logs", query=("level",), fixed={"limit": 500}, needed=False),
        },
        shape=_shape_training,
        actions={
            "cancel": Action("DELETE", f"{API}/training/{{job_id}}", done="The training is cancelled; what it did not use comes back."),
            "register": Action(
                "POST",
                f"{API}/registry/register",
                lambda form: filled(form, "model_path", "run_id", "name", "stage", "description"),
                _registered,
                "The version is registered.",
            ),
        },
    ),
    Page(
        path=f"{TEXTS}/ask",
        template="ask_texts.html",
        title="Ask a model of texts",
        crumbs=CRUMBS,
        reads=model_reads(),
        shape=_shape_ask,
        actions={"ask": Action("POST", f"{API}/predict", _asked, shows="answer")},
    ),
    *text_data.PAGES,
)
