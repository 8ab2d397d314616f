"""Puts together what a tuning found: the best trial or the front, what that is worth, pictures, and a page with all of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.training import Artifact
from libs.contracts.tuning import Robustness, TuneResult, TuneSpec
from libs.quant.neighbourhood import Neighbourhood
from libs.quant.overfitting import Overfitting
from services.training.reports.data import Section
from services.training.tuning.ending import UNTUNED, Ending
from services.training.tuning.honesty import count_of, deflated, front_of, importance_of, overfit, robustness
from services.training.tuning.keeping import shown
from services.training.tuning.page import PageData, write_page
from services.training.tuning.pictures import Drawn, draw
from services.training.tuning.rows import TOLD, Row
from services.training.tuning.search import Ended, Search
from services.training.tuning.space import Space

FRONT_MOST: Final = 100
BEST_SHOWN: Final = 20
LIKELY: Final = 0.95
HALF: Final = 0.5
METHOD: Final = "ped_anova"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Finding:
    """A search that has ended, and what was measured of its best trial."""

    spec: TuneSpec
    space: Space
    search: Search
    best: Row
    ending: Ending
    ended: Ended
    folds: int
    pictures: bool

    @property
    def metric(self) -> str:
        """The first objective."""
        return self.spec.objectives[0].metric


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Worth:
    """What the best of so many trials is worth."""

    trials: int
    deflated: float | None
    overfitting: Overfitting | None
    neighbourhood: Neighbourhood
    importance: Mapping[str, float]
    reasons: Mapping[str, str]


def findings(finding: Finding, *, trials: Artifact, artifacts: Artifacts, card: Mapping[str, Any]) -> TuneResult:
    """Return the result, and keep its files. Raise UnavailableError while the store is away."""
    spec, rows, ending = finding.spec, finding.search.rows, finding.ending
    worth = _worth(finding)
    warnings = tuple(_warnings(finding, worth))
    directions = [each.direction for each in spec.objectives]
    front = front_of(rows, directions=directions) if len(directions) > 1 else []
    files = _files(finding, worth, front=front, notes=warnings, card=card) if finding.pictures else {}
    return TuneResult(
        best_trial=shown(finding.best),
        front=tuple(shown(row) for row in front[:FRONT_MOST]),
        trials=trials,
        completed_trials=sum(row.status in TOLD for row in rows),
        total_trials=spec.max_trials,
        stopped_early=finding.ended == "early_stopping",
        parameter_importance=dict(worth.importance),
        importance_method=METHOD if worth.importance else None,
        holdout_metrics=dict(ending.holdout.values),
        trials_counted=worth.trials,
        deflated_sharpe=worth.deflated,
        pbo=worth.overfitting.probability if worth.overfitting else None,
        robustness=Robustness(score=_kept(worth.neighbourhood), verdict=worth.neighbourhood.verdict),
        seeds_noise=ending.noise,
        files={name: artifacts.put(data) for name, data in sorted(files.items())},
        reasons={**ending.holdout.reasons, **worth.reasons},
        warnings=warnings,
        run_card={**card, "baselines": dict(ending.baselines), "ended": finding.ended},
    )


def _worth(finding: Finding) -> Worth:
    rows, best = finding.search.rows, finding.best
    trials = count_of(rows)
    ratio, no_ratio = deflated(rows, best=best, trials=trials)
    luck, no_luck = overfit(rows, best=best)
    around = robustness(rows, space=finding.space, direction=finding.spec.objectives[0].direction)
    shares, no_shares = importance_of(finding.search.study, objective=0, direction=finding.spec.objectives[0].direction)
    reasons = {"deflated_sharpe": no_ratio, "pbo": no_luck, "robustness": around.reason, "parameter_importance": no_shares}
    if finding.ending.noise is None:
        reasons["seeds_noise"] = "the seed is searched, or the learner has none"
    told = {name: words for name, words in reasons.items() if words}
    return Worth(trials=trials, deflated=ratio, overfitting=luck, neighbourhood=around, importance=shares, reasons=told)


def _kept(around: Neighbourhood) -> float | None:
    """Return the score between 0 and 1; neighbours worse than a poor trial keep nothing."""
    return None if around.score is None else min(max(around.score, 0.0), 1.0)


def _warnings(finding: Finding, worth: Worth) -> list[str]:
    told = []
    rows, best, metric = finding.search.rows, finding.best, finding.metric
    if worth.neighbourhood.verdict == "spike":
        told.append("The best trial is a spike: what is near it is no better than the rest, so it is likely to be luck.")
    if worth.overfitting and worth.overfitting.probability > HALF:
        told.append(
            f"The probability of overfitting is {worth.overfitting.probability:.0%}: the trial that is best in one half of the time "
            "is mostly worse than the median in the other."
        )
    if worth.deflated is not None and worth.deflated < LIKELY:
        told.append(
            f"The best of {worth.trials} trials without skill may well earn as much: the deflated Sharpe ratio is {worth.deflated:.0%}."
        )
    noise = finding.ending.noise
    values = [row.values[0] for row in rows if row.status == "completed" and row.values]
    if noise and noise.std and best.values and abs(best.values[0] - float(np.median(values))) < 2 * noise.std:
        told.append(f"The best trial is nearer to the median one than two deviations of {metric} by the seed alone ({noise.std:.3g}).")
    if (worse := _worse_than_before(finding)) is not None:
        told.append(f"On the hold-out the best trial is no better than the model before the search: {worse}.")
    failed = sum(row.status == "failed" for row in rows)
    if failed:
        first = next(row.reason for row in rows if row.status == "failed")
        told.append(f"{failed} of {len(rows)} trials failed; the first one: {first}")
    edges = [each.name for each in finding.space.dimensions if each.is_ordered and each.place_of(best.point[each.name]) in {0.0, 1.0}]
    if edges:
        told.append(f"The best trial lies at the edge of {', '.join(edges)}: better ones may lie beyond.")
    return told


def _worse_than_before(finding: Finding) -> str | None:
    """Return both values where the untuned model is as good on the hold-out, by the first objective; None elsewhere."""
    metric, direction = finding.metric, finding.spec.objectives[0].direction
    own, before = finding.ending.holdout.values.get(metric), finding.ending.baselines.get(UNTUNED, {}).get(metric)
    if own is None or not isinstance(before, int | float):
        return None
    better = own > before if direction == "maximize" else own < before
    return None if better else f"{metric} {own:.4g} against {before:.4g}"


def _files(finding: Finding, worth: Worth, *, front: Sequence[Row], notes: Sequence[str], card: Mapping[str, Any]) -> dict[str, bytes]:
    completed = [row for row in finding.search.rows if row.status == "completed" and row.values]
    drawn = Drawn(
        space=finding.space,
        numbers=[row.number for row in completed],
        places=finding.space.places_of([row.point for row in completed]),
        values=np.array([row.values[0] for row in completed if row.values]),
        best=completed.index(finding.best),
        objective=finding.metric,
        maximized=finding.spec.objectives[0].direction == "maximize",
        shares=worth.importance,
        others={
            each.metric: np.array([row.values[at] for row in completed if row.values])
            for at, each in enumerate(finding.spec.objectives)
            if at
        },
        front=[completed.index(row) for row in front],
        title=f"{finding.spec.base.algorithm} on {', '.join(finding.spec.base.symbols)}",
        small_print=_small_print(finding, completed=len(completed), card=card),
    )
    pictures = draw(drawn)
    page = write_page(_page(finding, worth, drawn=drawn, notes=notes), pictures=pictures)
    return {f"{name}.png": data for name, data in pictures.items()} | {"report.html": page}


def _small_print(finding: Finding, *, completed: int, card: Mapping[str, Any]) -> str:
    origin = "SYNTHETIC candles" if card["synthetic"] else "real candles"
    return f"{completed} trials · {finding.spec.sampler} · {finding.folds} purged folds · hold-out {finding.spec.holdout:.0%} · {origin}"


def _page(finding: Finding, worth: Worth, *, drawn: Drawn, notes: Sequence[str]) -> PageData:
    ending, around, luck = finding.ending, worth.neighbourhood, worth.overfitting
    honest: dict[str, object] = {
        "trials_counted": worth.trials,
        "deflated_sharpe": worth.deflated,
        "pbo": luck.probability if luck else None,
        "robustness": None if around.score is None else f"{around.verdict}, {_kept(around):.2f}",
    }
    if ending.noise:
        honest |= {"mean_with_other_seeds": ending.noise.mean, "deviation_by_seed": ending.noise.std}
    before = {name: value for name, value in ending.baselines.get(UNTUNED, {}).items() if name in ending.holdout.values}
    sections = [
        Section("Best trial", dict(finding.best.point)),
        Section("Out of sample, on the folds", dict(finding.best.metrics), finding.best.reasons),
        Section("On the hold-out", dict(ending.holdout.values), ending.holdout.reasons),
        Section("The hold-out before tuning", before),
        Section("How far it is to be believed", honest, worth.reasons),
        Section("What decides", dict(worth.importance)),
    ]
    sign = -1 if drawn.maximized else 1
    completed = sorted(
        (row for row in finding.search.rows if row.values and row.status == "completed"), key=lambda row: sign * (row.values or (0.0,))[0]
    )
    heads = ("Trial", *(each.metric for each in finding.spec.objectives), *finding.space.names)
    rows = [
        (str(row.number), *(f"{value:.4g}" for value in row.values or ()), *(_cell(row.point[name]) for name in finding.space.names))
        for row in completed[:BEST_SHOWN]
    ]
    return PageData(
        title=f"Tuning of {drawn.title}", small_print=drawn.small_print, notes=notes, sections=sections, heads=heads, trials=rows
    )


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
