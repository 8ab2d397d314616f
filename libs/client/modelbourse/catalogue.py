"""What can be asked for: algorithms, features, symbols."""

from modelbourse.answers.answer import Page
from modelbourse.answers.catalogue import Algorithm, Feature, Symbol
from modelbourse.asking import FACE, ask_for
from modelbourse.gateway import Gateway
from modelbourse.steps import Steps


def get_algorithms(gateway: Gateway) -> Steps[Page[Algorithm]]:
    """Return all algorithms with their hyperparameters, on one page."""
    return ask_for(gateway, Page[Algorithm], "GET", f"{FACE}/algorithms/")


def get_features(gateway: Gateway) -> Steps[Page[Feature]]:
    """Return all families of features with their grammar, on one page."""
    return ask_for(gateway, Page[Feature], "GET", f"{FACE}/features/")


def get_symbols(gateway: Gateway) -> Steps[Page[Symbol]]:
    """Return what there are real candles for, of which days, and what trading them costs by default, on one page."""
    return ask_for(gateway, Page[Symbol], "GET", f"{FACE}/symbols/")
