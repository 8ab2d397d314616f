"""What an empty list says: how the first of its things is made."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from inspect import signature
from typing import Any, Final

# By the command that lists, without `modelbourse`: the sentence that follows an empty list.
FIRST_STEPS: Final[Mapping[str, str]] = {
    "models list": "create one: modelbourse models create --name NAME --symbol AAPL",
    "jobs list": "train a model: modelbourse train MODEL",
    "data list": "send a file: modelbourse data upload FILE --symbol SYMBOL",
    "tasks list": "play a strategy: modelbourse backtest STRATEGY SYMBOL",
    "market list": "offer a model of yours: modelbourse market publish MODEL",
    "market subscriptions": "look for a model: modelbourse market list",
    "keys list": "make one: modelbourse keys create NAME",
    "webhooks list": "make one: modelbourse webhooks create URL",
    "webhooks deliveries": "have one sent: modelbourse webhooks test WEBHOOK",
    "engine models list": "create one: modelbourse engine models create",
    "engine experiments list": "create one: modelbourse engine experiments create --file FILE",
    "engine envs list": "create one: modelbourse engine envs create NAME",
    "engine agents list": "train one: modelbourse engine agents train ENVIRONMENT",
    "engine agents runs": "start one: modelbourse engine agents run ENVIRONMENT AGENT",
    "engine predictions list": "ask a model: modelbourse engine predictions create MODEL",
    "engine registry list": "register a version: modelbourse engine registry register NAME MODEL",
    "ml recipes list": "create one: modelbourse ml recipes create NAME",
    "ml runs list": "start one: modelbourse ml runs start RECIPE",
    "ml models list": "register one: modelbourse ml models register NAME RECIPE",
    "ml predictions list": "ask the model: modelbourse ml predictions ask MODEL FILE",
}
_FIRST_STEP: Final[ContextVar[str | None]] = ContextVar("first_step", default=None)


def expect_list(path: str, callback: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
    """Note which command runs. Where its list is narrowed there may be things that are left out: then nothing is said."""
    may_narrow = [each for each in signature(callback).parameters.values() if each.default is not each.empty]
    narrowed = any(arguments.get(each.name, each.default) != each.default for each in may_narrow)
    _FIRST_STEP.set(None if narrowed else FIRST_STEPS.get(path))


def first_step() -> str | None:
    """Return the sentence for the list that is being shown; None where there is none."""
    return _FIRST_STEP.get()
