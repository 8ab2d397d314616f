"""What uplift models and the policy that follows from them are worth on customers that were not learned from."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.envelope import JsonObject
from libs.contracts.manifests.next_best_action import NextBestActionManifest
from libs.contracts.recipe_runs import RecipeCurve, RecipeInterval, RecipeMetrics
from services.training.recipes.family import Measured
from services.training.recipes.next_best_action.actions import Codes
from services.training.recipes.next_best_action.learners import UpliftModel
from services.training.recipes.next_best_action.policy_value import Mean, certain, choose, effective_rows, mean_of, row_values, worth
from services.training.recipes.next_best_action.propensity import KNOWN
from services.training.recipes.next_best_action.uplift_curves import Curves, Ranking
from services.training.recipes.resampling import interval
from services.training.recipes.splitting import Parts
from services.training.recipes.table import Floats, Rows, Table

METRICS: Final = ("policy_value", "policy_gain", "treated_share", "qini", "auuc", "effective_rows")
"""policy_value: money a customer under the policy, less costs; policy_gain: that less the value of treating nobody. treated_share: to whom
the policy does something. qini, auuc: means over the actions of how well each one's uplift ranks customers. effective_rows: how many rows
at which what the policy wants was done tell of it.
"""
DECILES: Final = 10
ROBUST, RESAMPLED = "doubly robust, clustered standard errors", "bootstrap by customer"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class HeldOut:
    """Customers that were not learned from: what was done, what came of it, with which chance, and what the model says of each."""

    codes: Codes
    outcome: Floats
    chances: Floats
    """(rows, actions)."""
    expected: Floats
    """(rows, actions)."""
    uplift: Floats
    """(rows, actions); the first is 0."""
    values: Floats
    """(rows, actions): doubly robust outcomes."""
    clusters: NDArray[np.int64]
    how: str
    """Where the chances come from."""


def measure(model: UpliftModel, table: Table, parts: Parts, *, manifest: NextBestActionManifest) -> Measured:
    """Return the policy's worth, Qini and AUUC beside the baselines; an action with too few rows has none, with its reason."""
    held, costs = held_out(model, table, parts.test, manifest=manifest), model.actions.costs(manifest)
    money, level = manifest.objective.outcome_value, manifest.evaluation.confidence
    policy = choose(held.uplift * money - (costs - costs[0]), budget_share=manifest.objective.budget_share)
    own = _Worth.of(held, policy=certain(policy, actions=len(costs)), costs=costs, money=money, level=level)
    usable, reasons = _usable(held, model, manifest=manifest)
    ranked = {place: found for place in usable if (found := _ranked(held, held.uplift[:, place], place=place)) is not None}
    metrics: RecipeMetrics = {
        **own.metrics(),
        "qini": _mean([each.qini_area for each in ranked.values()]),
        "auuc": _mean([each.auuc for each in ranked.values()]),
    }
    if not ranked:
        reasons |= dict.fromkeys(("qini", "auuc"), "No action has enough rows on the hold-out to be held against nothing done.")
    intervals = {"policy_value": _interval(own.value, level), "policy_gain": _interval(own.gain, level)}
    intervals |= _resampled(held, places=list(ranked), manifest=manifest)
    notes = (f"Propensities: {held.how}.", *_notes(held, manifest=manifest))
    return Measured(
        metrics={name: metrics[name] for name in METRICS},
        baseline=_baselines(model, table, parts, held, policy=policy, costs=costs, manifest=manifest, places=list(ranked)),
        intervals=intervals,
        reasons=reasons,
        tables={
            "actions": _actions(model, held, policy, ranked, costs=costs, level=level),
            "uplift_by_decile": _deciles(model, held, usable, level=level),
        },
        curves=_curves(model, ranked),
        notes=notes,
    )


def held_out(model: UpliftModel, table: Table, rows: Rows, *, manifest: NextBestActionManifest) -> HeldOut:
    """Return the rows with what the model says of them."""
    matrix, codes, outcome = model.matrix(table, rows), model.actions.codes(table, rows), table.numbers("outcome")[rows]
    chances, how = model.propensity.chances(matrix, encoding=model.encoding), model.propensity.how
    if table.has("propensity"):
        told = table.numbers("propensity")[rows]
        known = ~np.isnan(told)
        chances[np.flatnonzero(known), codes[known]] = np.minimum(told[known], 1.0)
        how = KNOWN if known.all() else f"{KNOWN}, where they do, else {how}"
    chances = np.maximum(chances, manifest.evaluation.min_propensity)
    expected = model.expected(matrix)
    names = table.words("customer")[rows].astype(str) if table.has("customer") else np.arange(len(rows)).astype(str)
    return HeldOut(
        codes=codes,
        outcome=outcome,
        chances=chances,
        expected=expected,
        uplift=model.uplift(matrix),
        values=row_values(expected, codes=codes, outcome=outcome, chances=chances),
        clusters=np.unique(names, return_inverse=True)[1],
        how=how,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Worth:
    """What a policy is worth: money a customer, and what it gains over treating nobody."""

    value: Mean
    gain: Mean
    treated: float
    effective: float

    @classmethod
    def of(cls, held: HeldOut, *, policy: Floats, costs: Floats, money: float, level: float) -> "_Worth":
        """Return the worth of a policy's chances (rows, actions)."""
        own = worth(held.values * money, policy=policy, costs=costs)
        nobody = worth(held.values * money, policy=certain(np.zeros_like(held.codes), actions=len(costs)), costs=costs)
        return cls(
            value=mean_of(own, clusters=held.clusters, confidence=level),
            gain=mean_of(own - nobody, clusters=held.clusters, confidence=level),
            treated=float(1 - policy[:, 0].mean()),
            effective=effective_rows(policy, codes=held.codes, chances=held.chances),
        )

    def metrics(self) -> RecipeMetrics:
        return {
            "policy_value": self.value.value,
            "policy_gain": self.gain.value,
            "treated_share": self.treated,
            "effective_rows": self.effective,
        }


def _usable(held: HeldOut, model: UpliftModel, *, manifest: NextBestActionManifest) -> tuple[list[int], dict[str, str]]:
    """Return the actions with enough rows on the hold-out, as those untreated have; and the reasons for the others."""
    counts, least = np.bincount(held.codes, minlength=len(model.actions.words)), manifest.evaluation.min_rows
    reasons = {
        f"actions.{word}": f"The hold-out has {count:,} rows of it; evaluation.min_rows is {least:,}."
        for word, count in zip(model.actions.words, counts.tolist(), strict=True)
        if count < least
    }
    return [place for place in range(1, len(counts)) if counts[place] >= least and counts[0] >= least], reasons


def _ranking(held: HeldOut, score: Floats, *, place: int) -> tuple[Rows, Ranking]:
    """Return the rows that had an action or nothing, and their ranking by score, each counting by one over its propensity."""
    some = np.flatnonzero((held.codes == place) | (held.codes == 0))
    weights = 1 / held.chances[some, held.codes[some]]
    return some, Ranking.of(score[some], treated=held.codes[some] == place, outcome=held.outcome[some], weights=weights)


def _ranked(held: HeldOut, score: Floats, *, place: int) -> Curves | None:
    """Return the curves of a ranking by score of those who had an action or nothing."""
    return _ranking(held, score, place=place)[1].curves()


def _resampled(held: HeldOut, *, places: list[int], manifest: NextBestActionManifest) -> dict[str, RecipeInterval]:
    """Return intervals of the mean Qini coefficient and AUUC over the actions: how often a customer is drawn is Poisson, ranks stay."""
    if not places:
        return {}
    rng, level = np.random.default_rng(manifest.seed), manifest.evaluation.confidence
    customers = int(held.clusters.max()) + 1
    rankings = [_ranking(held, held.uplift[:, place], place=place) for place in places]
    found: list[tuple[float, float]] = []
    for _ in range(manifest.evaluation.resamples):
        drawn = rng.poisson(1.0, customers).astype(np.float64)[held.clusters]
        made = [each for some, ranking in rankings if (each := ranking.curves(drawn=drawn[some])) is not None]
        if made:
            found.append((float(np.mean([each.qini_area for each in made])), float(np.mean([each.auuc for each in made]))))
    intervals = {}
    for name, values in zip(("qini", "auuc"), np.array(found).T, strict=True):
        low, high = interval(values, confidence=level)
        intervals[name] = RecipeInterval(low=low, high=high, level=level, method=RESAMPLED)
    return intervals


def _baselines(
    model: UpliftModel,
    table: Table,
    parts: Parts,
    held: HeldOut,
    *,
    policy: Codes,
    costs: Floats,
    manifest: NextBestActionManifest,
    places: list[int],
) -> dict[str, RecipeMetrics]:
    """Return the same figures of treating nobody, all with the best action, anybody at random, and those likeliest to buy anyway."""
    money, level = manifest.objective.outcome_value, manifest.evaluation.confidence
    learned, outcome = model.actions.codes(table, parts.train), table.numbers("outcome")[parts.train]
    means = np.bincount(learned, outcome, minlength=len(costs)) / np.bincount(learned, minlength=len(costs))
    best = 1 + int(np.argmax((means * money - costs)[1:]))
    nobody, everybody = np.zeros_like(policy), np.full_like(policy, best)
    likeliest = nobody.copy()
    likeliest[np.argsort(-held.expected[:, 0], kind="stable")[: int((policy > 0).sum())]] = best
    fixed = {"treat_none": nobody, "treat_all": everybody, "response_model": likeliest}
    policies = {name: certain(of, actions=len(costs)) for name, of in fixed.items()}
    policies["random"] = np.full(held.values.shape, 1 / len(costs))
    told: dict[str, RecipeMetrics] = {
        name: dict.fromkeys(METRICS) | _Worth.of(held, policy=of, costs=costs, money=money, level=level).metrics()
        for name, of in policies.items()
    }
    by_response = [each for place in places if (each := _ranked(held, held.expected[:, 0], place=place)) is not None]
    told["response_model"] |= {"qini": _mean([each.qini_area for each in by_response]), "auuc": _mean([each.auuc for each in by_response])}
    # Of a ranking that knows nothing: half of the mean effect, on a straight line.
    told["random"] |= {"qini": 0.0, "auuc": _mean([float(each.uplift[-1]) / 2 for each in by_response])}
    return told


def _actions(
    model: UpliftModel, held: HeldOut, policy: Codes, ranked: dict[int, Curves], *, costs: Floats, level: float
) -> tuple[JsonObject, ...]:
    """Return a row an action: how often it was done and is recommended, its mean effect, and how well it ranks."""
    rows = []
    for place, word in enumerate(model.actions.words):
        effect = mean_of(held.values[:, place] - held.values[:, 0], clusters=held.clusters, confidence=level)
        found = ranked.get(place)
        row: JsonObject = {
            "action": word,
            "rows": int((held.codes == place).sum()),
            "least_chance": float(held.chances[:, place].min()),
            "mean_effect": effect.value if place else None,
            "low": effect.low if place else None,
            "high": effect.high if place else None,
            "mean_predicted": float(held.uplift[:, place].mean()) if place else None,
            "cost": float(costs[place]),
            "recommended_share": float((policy == place).mean()),
            "qini": found.qini_area if found else None,
            "auuc": found.auuc if found else None,
        }
        rows.append(row)
    return tuple(rows)


def _deciles(model: UpliftModel, held: HeldOut, places: list[int], *, level: float) -> tuple[JsonObject, ...]:
    """Return predicted and doubly robust uplift by tenth of the customers, those of the highest predicted one first."""
    rows: list[JsonObject] = []
    for place in places:
        order = np.argsort(-held.uplift[:, place], kind="stable")
        for number, some in enumerate(np.array_split(order, DECILES), start=1):
            if not len(some):
                continue
            seen = mean_of(
                held.values[some, place] - held.values[some, 0],
                clusters=np.unique(held.clusters[some], return_inverse=True)[1],
                confidence=level,
            )
            rows.append(
                {
                    "action": model.actions.words[place],
                    "decile": number,
                    "rows": len(some),
                    "predicted": float(held.uplift[some, place].mean()),
                    "seen": seen.value,
                    "low": seen.low,
                    "high": seen.high,
                }
            )
    return tuple(rows)


def _curves(model: UpliftModel, ranked: dict[int, Curves]) -> dict[str, RecipeCurve]:
    """Return the Qini curves, and a straight line for each to be held against where there is one action."""
    if not ranked:
        return {}
    words = model.actions.words
    series = {words[place]: each.points(each.qini) for place, each in ranked.items()}
    ends = [float(each.qini[-1]) for each in ranked.values()]
    series["random"] = ((0.0, 0.0), (1.0, float(np.mean(ends))))
    return {
        "qini": RecipeCurve(
            title="Qini curves",
            x="Share of customers treated, by predicted uplift",
            y="Outcomes gained by customers treated",
            series=series,
        )
    }


def _notes(held: HeldOut, *, manifest: NextBestActionManifest) -> tuple[str, ...]:
    least = manifest.evaluation.min_propensity
    cut = int((held.chances <= least).any(axis=1).sum())
    return (f"Of {cut:,} rows a chance of an action was as small as {least}, and is taken as that.",) if cut else ()


def _interval(mean: Mean, level: float) -> RecipeInterval:
    return RecipeInterval(low=mean.low, high=mean.high, level=level, method=ROBUST)


def _mean(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None
