"""Two versions of a model side by side: what they measure, and what they were trained with otherwise."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from services.gateway.domain.registry.comparison import changed, metric_pairs
from services.gateway.inbound.pages.page import Facts, Page, Read

MODEL: Final = "/api/ai-studio/models/{model_id}/"
# What a run card writes down of its results, which the metrics say already.
RESULTS: Final = frozenset({"feature_importance", "equity_curve"})
MOMENTS: Final = frozenset({"test_opens", "test_closes", "learned_until"})


def _asked(facts: Facts) -> tuple[str, str]:
    """Return which two are compared: those of the address, else the newest and the one before."""
    names = [each["version"] for each in facts["model"]["versions"]]
    asked = facts["asked"]
    newest = names[-1] if names else ""
    return asked.get("a") or (names[-2] if len(names) > 1 else newest), asked.get("b") or newest


def _both(facts: Facts) -> Mapping[str, Read]:
    """Return where both are; a model without versions has none."""
    if not facts["model"]["versions"]:
        return {}
    asked = zip("ab", _asked(facts), strict=True)
    return {name: Read(f"{MODEL}versions/{quote(version, safe='')}/", needed=False) for name, version in asked}


def _shape(facts: Facts) -> Mapping[str, Any]:
    a, b = facts.get("a"), facts.get("b")
    shown = {"names": [each["version"] for each in reversed(facts["model"]["versions"])], "chosen": _asked(facts), "a": a, "b": b}
    if a is None or b is None:
        return shown | {"metrics": [], "parts": {}}
    return shown | {
        "metrics": metric_pairs(a["performance_metrics"], b["performance_metrics"]),
        "parts": {
            "What they were trained with": _rows(a["trained_with"], b["trained_with"]),
            "What their run cards say": _rows(_card(a), _card(b)),
        },
    }


def _card(version: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (version["run_card"] or {}).items() if name not in RESULTS}


def _rows(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return where both differ; of two lists what the other has not."""
    rows = []
    for field, (left, right) in changed(a, b).items():
        is_lists = isinstance(left, list) and isinstance(right, list)
        only = ([each for each in left if each not in right], [each for each in right if each not in left]) if is_lists else ([], [])
        both = only if any(only) else (left, right)
        rows.append({"field": field, "values": both, "only": any(only), "moment": field in MOMENTS})
    return rows


PAGE: Final = Page(
    path="/app/models/{model_id}/versions",
    template="model_versions.html",
    title=lambda facts: f"Versions of {facts['model']['name']}",
    crumbs=(("/app/models", "Models"),),
    reads={"model": Read(MODEL)},
    more=_both,
    shape=_shape,
)
