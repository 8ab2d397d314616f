"""Callbacks of a training, as those who know Keras write them: what each means for the learner that is to use it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from libs.contracts.algorithms import ALGORITHMS
from libs.contracts.names import did_you_mean
from services.gateway.domain.models.engine_types import type_of
from services.gateway.domain.problems import SHOWN, Problems

MONITORED: Final = "val_loss"
"""What is watched: the loss on the rows that are set aside, with another name for it."""
_MONITORS: Final = (MONITORED, "validation_loss")
_SET_ASIDE: Final = "early_stopping_patience"


@dataclass(frozen=True, slots=True)
class Callback:
    """A kind of callback: the learner's hyperparameter for each of its parameters, and what is set where it says nothing."""

    parameters: Mapping[str, str]
    defaults: Mapping[str, Any]
    about: str


CALLBACKS: Final[Mapping[str, Callback]] = MappingProxyType(
    {
        "early_stopping": Callback(
            {"patience": _SET_ASIDE, "min_delta": "early_stopping_min_delta"}, {}, "stops when the loss on the rows set aside gets no lower"
        ),
        "reduce_lr_on_plateau": Callback(
            {"factor": "lr_plateau_factor", "patience": "lr_plateau_patience", "min_lr": "lr_minimum"},
            {"lr_plateau_patience": 5},
            "makes smaller steps when the loss on the rows set aside gets no lower",
        ),
        "checkpoint": Callback({}, {}, "keeps what was learned: every training does, and goes on from there after a failure"),
    }
)


def read_callbacks(algorithm: str, callbacks: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], Problems]:
    """Return the hyperparameters that callbacks of this learner mean, and what is wrong by place: `callbacks.0.parameters.patience`."""
    settings: dict[str, Any] = {}
    problems: Problems = {}
    seen: dict[str, int] = {}
    for place, given in enumerate(callbacks):
        kind, at = str(given["type"]), f"callbacks.{place}"
        if kind not in CALLBACKS:
            problems[f"{at}.type"] = [f"Unknown callback '{kind[:SHOWN]}'.{did_you_mean(kind, CALLBACKS) or f' Known: {_listed()}.'}"]
        elif kind in seen:
            problems[f"{at}.type"] = [f"'{kind}' is there twice: callbacks.{seen[kind]} is the first."]
        elif CALLBACKS[kind].parameters and _SET_ASIDE not in ALGORITHMS[algorithm].hyperparameters:
            why = f"{type_of(algorithm)} is not trained in epochs and sets no rows aside, so that {kind} cannot be used; checkpoint can."
            problems[f"{at}.type"] = [why]
        else:
            found, wrong = _settings(algorithm, kind, given.get("parameters") or {}, at=f"{at}.parameters")
            settings |= found
            problems |= wrong
        seen.setdefault(kind, place)
    return settings, problems


def _settings(algorithm: str, kind: str, given: Mapping[str, Any], *, at: str) -> tuple[dict[str, Any], Problems]:
    callback, known = CALLBACKS[kind], ALGORITHMS[algorithm].hyperparameters
    found, problems = dict(callback.defaults), Problems()
    allowed = [*callback.parameters, "monitor"]
    for name, value in given.items():
        if name == "monitor":
            if value not in _MONITORS:
                problems[f"{at}.monitor"] = [f"Must be '{MONITORED}', the loss on the rows that are set aside."]
        elif name not in callback.parameters:
            there = f" {kind} has {', '.join(allowed)}."
            problems[f"{at}.{name[:SHOWN]}"] = [f"Unknown parameter '{name[:SHOWN]}'.{did_you_mean(name, allowed) or there}"]
        else:
            parameter = known[callback.parameters[name]]
            if value is None or not parameter.takes(value):
                words = parameter.allowed().removesuffix(" or null")
                problems[f"{at}.{name}"] = [f"{words[0].upper()}{words[1:]}."]
            found[parameter.name] = value
    return found, problems


def _listed() -> str:
    return ", ".join(f"{name} ({each.about})" for name, each in CALLBACKS.items())
