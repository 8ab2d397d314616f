"""How far one column has moved from its reference: numbers by PSI, Kolmogorov-Smirnov and Wasserstein, categories by PSI, chi-squared."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Floats, Integers
from libs.quant.drift.bins import LEVEL, SHIFTED, Bins, bins_of, noise, psi
from libs.quant.drift.dependence import autocorrelation_time

MOST_CATEGORIES: Final = 50
OTHERS: Final = "(others)"
MISSING: Final = "(none)"
NOTHING: Final = "No row of the {side} has a value."
FLAT: Final = "All rows of the reference have one value, so that there is no spread to measure by."
ONE_CATEGORY: Final = "There is one category on both sides."
OF_CATEGORIES: Final = "It is of numbers, and these are categories."
OF_NUMBERS: Final = "It is of categories, and these are numbers."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ColumnDrift:
    """What was measured of a column; None where it cannot be, and `reasons` says why under its name.

    `noise` is what 99 % of the indices stay below without any drift, `threshold` the larger of it and 0.25, or as the rule says.
    `labels` name the bins, `reference` and `current` (bins,) count their rows, the last bin those without a value.
    """

    psi: float | None = None
    noise: float | None = None
    threshold: float = SHIFTED
    ks: float | None = None
    ks_p_value: float | None = None
    wasserstein: float | None = None
    chi2: float | None = None
    chi2_p_value: float | None = None
    cramers_v: float | None = None
    missing_reference: float = 0.0
    missing_current: float = 0.0
    labels: tuple[str, ...] = ()
    reference: Integers = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    current: Integers = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def drifted(self) -> bool:
        """Whether the index is above its threshold."""
        return self.psi is not None and self.psi > self.threshold

    @property
    def moved(self) -> float:
        """By how much of its threshold it has moved: above 1 is drift."""
        return (self.psi or 0.0) / self.threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """From where a shift counts: an index of `shifted`, or what a share `level` of the reference's own samples stays below, if more."""

    shifted: float = SHIFTED
    level: float = LEVEL


USUAL: Final = Rule()


def number_drift(reference: Floats, current: Floats, *, rule: Rule = USUAL, seed: int = 0, ordered: bool = False) -> ColumnDrift:
    """Compare numbers (rows,); NaN is a row without a value, which has a bin of its own.

    With `ordered`, the reference is in order of time: what is noise, and how much a row counts for, heeds that neighbours are alike.
    """
    known = [np.sort(values[~np.isnan(values)]) for values in (reference, current)]
    missing = [len(values) - len(own) for values, own in zip((reference, current), known, strict=True)]
    lacking_before, lacking_now = (count / max(len(values), 1) for count, values in zip(missing, (reference, current), strict=True))
    if not len(known[0]) or not len(current):
        why = NOTHING.format(side="current rows" if len(known[0]) else "reference")
        reasons = {"psi": why, "ks": why, "wasserstein": why, "chi2": OF_NUMBERS}
        return ColumnDrift(threshold=rule.shifted, missing_reference=lacking_before, missing_current=lacking_now, reasons=reasons)
    bins = bins_of(known[0])
    counts = [bins.counts(own, missing=lacking) for own, lacking in zip(known, missing, strict=True)]
    codes = bins.codes(reference) if ordered else None
    by_chance = noise(counts[0], rows=len(current), seed=seed, codes=codes, level=rule.level)
    reasons = {"chi2": OF_NUMBERS}
    ks = ks_p_value = wasserstein = None
    if len(known[1]):
        worth = 1.0 if codes is None else autocorrelation_time(codes.astype(np.float64))
        ks, area = distances(*known)
        ks_p_value = ks_chance(ks, rows=(len(known[0]) / worth, len(known[1]) / worth))
        spread = float(known[0].std())
        if spread > 0:
            wasserstein = area / spread
        else:
            reasons["wasserstein"] = FLAT
    else:
        reasons |= dict.fromkeys(("ks", "wasserstein"), NOTHING.format(side="current rows"))
    return ColumnDrift(
        psi=float(psi(*counts)),
        noise=by_chance,
        threshold=max(rule.shifted, by_chance),
        ks=ks,
        ks_p_value=ks_p_value,
        wasserstein=wasserstein,
        labels=_labels(bins),
        reference=counts[0],
        current=counts[1],
        reasons=reasons,
        missing_reference=lacking_before,
        missing_current=lacking_now,
    )


def distances(reference: Floats, current: Floats) -> tuple[float, float]:
    """Return two distances of sorted numbers (rows,): the largest between their distribution functions, and the area between these.

    The first is Kolmogorov and Smirnov's statistic, the second Wasserstein's distance of order 1, in the numbers' unit (Vallender 1974).
    """
    both = np.concatenate([reference, current])
    order = both.argsort(kind="stable")  # Two sorted runs: they are merged.
    ordered = both[order]
    of_reference = order < len(reference)
    apart = np.cumsum(of_reference) / len(reference) - np.cumsum(~of_reference) / len(current)
    last = np.append(ordered[1:] != ordered[:-1], True)  # The last of equal values tells what share lies up to them.
    largest = float(np.abs(apart[last]).max())
    return largest, float(np.abs(apart[:-1]) @ np.diff(ordered))


def ks_chance(statistic: float, *, rows: tuple[float, float]) -> float:
    """Return how likely two samples of one distribution are to lie so far apart, by the limit for many rows (Hodges 1958)."""
    from scipy.stats import kstwo  # noqa: PLC0415 - half a second, which whoever measures no drift need not take

    size = rows[0] * rows[1] / (rows[0] + rows[1])
    return float(np.clip(kstwo.sf(statistic, max(1, round(size))), 0, 1))


def category_drift(
    reference: Sequence[Any] | NDArray[Any],
    current: Sequence[Any] | NDArray[Any],
    *,
    rule: Rule = USUAL,
    seed: int = 0,
    ordered: bool = False,
) -> ColumnDrift:
    """Compare categories (rows,); None and the empty word are rows without one. Of many, the most frequent have a bin each.

    With `ordered`, the reference is in order of time, and what is noise heeds that neighbours are alike.
    """
    words = _words(reference)
    tallies = [Counter(words), Counter(_words(current))]
    missing = [tally.pop(MISSING, 0) for tally in tallies]
    rows = [sum(tally.values()) + lacking for tally, lacking in zip(tallies, missing, strict=True)]
    lacking_before, lacking_now = (count / max(total, 1) for count, total in zip(missing, rows, strict=True))
    others = dict.fromkeys(("ks", "wasserstein"), OF_CATEGORIES)
    if not tallies[0] or not rows[1]:
        why = NOTHING.format(side="reference" if not tallies[0] else "current rows")
        reasons = others | {"psi": why, "chi2": why}
        return ColumnDrift(threshold=rule.shifted, missing_reference=lacking_before, missing_current=lacking_now, reasons=reasons)
    named = [name for name, _ in sorted(tallies[0].items(), key=lambda each: (-each[1], each[0]))[:MOST_CATEGORIES]]
    counts = [
        np.array([*(tally[name] for name in named), sum(tally.values()) - sum(tally[name] for name in named), lacking], dtype=np.int64)
        for tally, lacking in zip(tallies, missing, strict=True)
    ]
    codes = None
    if ordered:
        places = {name: place for place, name in enumerate((*named, OTHERS, MISSING))}
        codes = np.fromiter((places.get(word, len(named)) for word in words), dtype=np.int64, count=len(words))
    by_chance = noise(counts[0], rows=rows[1], seed=seed, codes=codes, level=rule.level)
    chi2, p_value, association = chi_squared(*counts)
    return ColumnDrift(
        psi=float(psi(*counts)),
        noise=by_chance,
        threshold=max(rule.shifted, by_chance),
        chi2=chi2,
        chi2_p_value=p_value,
        cramers_v=association,
        labels=(*named, OTHERS, MISSING),
        reference=counts[0],
        current=counts[1],
        reasons=others | ({"chi2": ONE_CATEGORY} if chi2 is None else {}),
        missing_reference=lacking_before,
        missing_current=lacking_now,
    )


def chi_squared(reference: Integers, current: Integers) -> tuple[float | None, float | None, float | None]:
    """Return Pearson's chi-squared of two rows of counts (categories,), its chance without drift, and Cramér's V, 0 to 1 (Cramér 1946).

    None for all where there is one category.
    """
    table = np.stack([reference, current])[:, (reference + current) > 0].astype(np.float64)
    if table.shape[1] < 2:  # noqa: PLR2004 - one category has nothing to be compared with
        return None, None, None
    from scipy.stats import chi2  # noqa: PLC0415 - as above

    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    found = float(((table - expected) ** 2 / expected).sum())
    return found, float(chi2.sf(found, table.shape[1] - 1)), float(np.sqrt(found / table.sum()))


def _words(values: Sequence[Any] | NDArray[Any]) -> list[str]:
    told = values.tolist() if isinstance(values, np.ndarray) else values
    return [MISSING if value is None or value == "" or value != value else str(value) for value in told]  # noqa: PLR0124 - NaN


def _labels(bins: Bins) -> tuple[str, ...]:
    """Return a name for each bin: `(low, high]`, or the one value that lies in it."""
    cuts = bins.cuts.tolist()
    between = [f"{high:.4g}" if np.nextafter(low, np.inf) >= high else f"({low:.4g}, {high:.4g}]" for low, high in pairwise(cuts)]
    return (f"≤ {cuts[0]:.4g}", *between, f"> {cuts[-1]:.4g}", MISSING)
