"""The guided form of a new model: what can be chosen, and every hyperparameter that the API knows of each algorithm."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from services.gateway.inbound.pages.page import Facts, Form, filled, json_of, several

# What the form begins with, beside its first symbol.
FIRST_FEATURES: Final = ("rsi_14", "macd_signal", "bollinger_position")
FIRST_ALGORITHM: Final = "RANDOM_FOREST"
CONFIG_NUMBERS: Final = ("train_test_split", "cross_validation_folds", "horizon")
PREFIX: Final = "hyperparameters"


def new_model(form: Form) -> dict[str, Any]:
    """Return the body of a new model: of the hyperparameters those of the chosen algorithm alone."""
    config: dict[str, Any] = filled(form, "timeframe", "start_date", "end_date", numbers=CONFIG_NUMBERS)
    # A symbol of several datasets has a box for each.
    config["symbols"] = list(dict.fromkeys(several(form, "symbols")))
    within = f"{PREFIX}.{form.get('algorithm', '')}."
    parameters = {name.removeprefix(within): json_of(text) for name, text in form.items() if name.startswith(within) and text.strip()}
    return {
        **filled(form, "name", "description", "algorithm", "model_type", "target_variable"),
        "features": several(form, "features"),
        "hyperparameters": parameters,
        "training_config": config,
    }


def longest(symbols: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the symbol with the longest history, with which forms begin: most can be learned from it."""
    spans = [(date.fromisoformat(each["end_date"][:10]) - date.fromisoformat(each["start_date"][:10]), each) for each in symbols]
    return max(spans, key=lambda pair: pair[0])[1] if spans else None


def shape_form(facts: Facts) -> Mapping[str, Any]:
    """Return what the form's choices are."""
    algorithms: Sequence[Mapping[str, Any]] = facts["algorithms"]["results"]
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for feature in facts["features"]["results"]:
        groups.setdefault(feature["group"], []).append(feature)
    # Columns of the reader's own candles are features as well, by their names.
    columns: dict[str, list[str]] = {}
    for symbol in facts["symbols"]["results"]:
        for name in symbol["columns"]:
            columns.setdefault(name, []).append(symbol["symbol"])
    if columns:
        groups["your own columns"] = [{"name": name, "description": f"Of {', '.join(of)}."} for name, of in columns.items()]
    first = longest(facts["symbols"]["results"])
    return {
        "feature_groups": groups,
        "targets": sorted({target for each in algorithms for target in each["target_variables"]}),
        "settings": {each["name"]: [_setting(name, about) for name, about in each["hyperparameters"].items()] for each in algorithms},
        "chosen_symbol": first["symbol"] if first else "",
        "chosen_features": FIRST_FEATURES,
        "chosen_algorithm": FIRST_ALGORITHM,
    }


def _setting(name: str, about: Mapping[str, Any]) -> dict[str, Any]:
    """Return a hyperparameter as a field: a choice where its values can be counted, a number where it is one and nothing else."""
    default, listed = _in_words(about["default"]), list(about["choices"])
    counted = about["type"] in {"boolean", "string"}
    if about["type"] == "boolean":
        listed = [True, False]
    if about["nullable"] and about["default"] is not None:
        listed.append(None)
    usual = f"Default: {default}"
    return {
        "name": name,
        "help": f"{about['description']} It {about['allowed']}.".replace("`", ""),
        "type": "number" if about["type"] in {"integer", "number"} and not listed else "text",
        "options": [("", usual), *((_as_json(each), _in_words(each)) for each in listed)] if counted else None,
        "placeholder": default,
    }


def _in_words(value: object) -> str:
    """Return a hyperparameter's value as a reader has it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _as_json(value: object) -> str:
    """Return a value that can be chosen, as the field sends it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)
