"""How much of a label is its own: labels that look ahead over the same bars say in part the same."""

import numpy as np

from libs.quant.candles import Floats, Integers


def average_uniqueness(first: Integers, last: Integers) -> Floats:
    """Return each label's average uniqueness, above 0 and at most 1; (labels,).

    A label rests on the returns of the bars after `first` up to `last`, counted in bars of one symbol. At a bar it is as unique as one
    over the number of labels that rest on it, and its average uniqueness is the mean over its own bars (López de Prado 2018, section 4.4).
    """
    if not len(first):
        return np.empty(0)
    start = int(first.min())
    opens, closes = first - start, np.maximum(last, first + 1) - start
    begun, ended = (np.bincount(at, minlength=int(closes.max()) + 1) for at in (opens, closes))
    concurrent = np.cumsum(begun - ended)[:-1]
    shares = np.divide(1.0, concurrent, out=np.zeros(len(concurrent)), where=concurrent > 0)
    summed = np.concatenate(([0.0], np.cumsum(shares)))
    return np.asarray((summed[closes] - summed[opens]) / (closes - opens))


def weights_of(first: Integers, last: Integers, *, symbol: Integers) -> Floats:
    """Return weights by average uniqueness within each symbol, with a mean of 1 (rows,)."""
    found = np.empty(len(first))
    for each in np.unique(symbol):
        own = symbol == each
        found[own] = average_uniqueness(first[own], last[own])
    return np.asarray(found / found.mean()) if len(found) else found


def rows_worth(weights: Floats) -> float:
    """Return how many rows of equal weight would say as much: the squared sum of weights by the sum of their squares (Kish 1965)."""
    return float(weights.sum() ** 2 / (weights**2).sum())
