"""Runs of recipes side by side: what was run, and each metric with its interval, beside the baselines of the same run."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from services.gateway.inbound.pages.face import LIBRARY
from services.gateway.inbound.pages.nouns.recipes import ML
from services.gateway.inbound.pages.page import Facts, Page, Read, several

COMPARED: Final = 5
# Runs that the page offers: the newest ones that have ended well.
OFFERED: Final = 50
# What has to be the same for figures to be comparable, and how it is said where it is not.
SAME: Final[Mapping[str, str]] = {
    "model_family": "They are of different families: no figure of one says anything of another.",
    "run_type": "They are of different types: a backtest measures other rows than a training does.",
    "data_sha256": "They have read different data.",
    "test_rows": "They were measured on different numbers of rows.",
    "metrics_source": "Some figures were measured here, and some reported by an outside worker.",
}


def _ids(facts: Facts) -> list[str]:
    return list(dict.fromkeys(several(facts["asked"], "ids")))


def _asked(facts: Facts) -> Mapping[str, Read]:
    """Return the runs that the page's `ids` name."""
    return {f"run {at}": Read(f"{ML}/runs/{quote(each, safe='')}", needed=False) for at, each in enumerate(_ids(facts)[:COMPARED])}


def _differing(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say why figures are not comparable; what is not known of a run differs from nothing."""
    about = [
        {name: run[name] for name in ("model_family", "run_type", "metrics_source")}
        | {"data_sha256": run["run_card"].get("data_sha256"), "test_rows": run["rows"].get("test")}
        for run in runs
    ]
    return [why for name, why in SAME.items() if len({each[name] for each in about} - {None}) > 1]


def _cell(run: Mapping[str, Any], metric: str) -> dict[str, Any]:
    measured = run["metrics_json"]
    why = run["reasons"].get(f"metrics_json.{metric}") or ("Nothing is measured yet." if not measured else "It does not measure it.")
    return {"value": measured.get(metric), "why": why, "interval": run["intervals"].get(metric)}


def _shape(facts: Facts) -> Mapping[str, Any]:
    """Return a row for each metric, and below it one for each baseline; a column for each run."""
    ids = _ids(facts)
    runs = [facts[f"run {at}"] for at in range(COMPARED) if facts.get(f"run {at}")]
    names = dict.fromkeys(name for run in runs for told in (run["metrics_json"], *run["baseline"].values()) for name in told)
    baselines = dict.fromkeys(name for run in runs for name in run["baseline"])
    rows = [
        {
            "name": metric,
            "cells": [_cell(run, metric) for run in runs],
            "beside": {
                name: [run["baseline"].get(name, {}).get(metric) for run in runs]
                for name in baselines
                if any(metric in run["baseline"].get(name, {}) for run in runs)
            },
        }
        for metric in names
    ]
    return {
        "compared": runs,
        "rows": rows,
        "differing": _differing(runs),
        "unread": {ids[at]: facts["problems"][f"run {at}"] for at in range(COMPARED) if f"run {at}" in facts["problems"]},
        "left_out": max(len(ids) - COMPARED, 0),
        "most": COMPARED,
        "chosen": ids,
    }


PAGE: Final = Page(
    path=f"{LIBRARY}/runs/compare",
    template="recipe_compared.html",
    title="Runs side by side",
    crumbs=((LIBRARY, "Model library"), (f"{LIBRARY}/runs", "Runs")),
    reads={"offered": Read(f"{ML}/runs", query=("recipe_id", "model_id"), fixed={"status": "succeeded", "limit": OFFERED})},
    more=_asked,
    shape=_shape,
)
