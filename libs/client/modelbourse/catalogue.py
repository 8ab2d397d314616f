"""What can be asked for: algorithms, features, symbols."""

from modelbourse.answers.answer import Page
from modelbourse.answers.catalogue import Algorithm, Feature, Symbol
from modelbourse.asking import FACE, get_page
from modelbourse.gateway import Gateway
from modelbourse.steps import Steps


def get_algorithms(gateway: Gateway) -> Steps[Page[Algorithm]]:
    """Return all algorithms with their hyperparameters, on one page."""
    return get_page(gateway, Algorithm, f"{FACE}/algorithms/", page=1, page_size=None)


def get_features(gateway: Gateway) -> Steps[Page[Feature]]:
    """Return all families of features with their grammar, on one page."""
    return get_page(gateway, Feature, f"{FACE}/features/", page=1, page_size=None)


def get_symbols(gateway: Gateway) -> Steps[Page[Symbol]]:
    """Return what there are real candles for, of which days, and what trading them costs by default, on one page."""
    return get_page(gateway, Symbol, f"{FACE}/symbols/", page=1, page_size=None)
