"""What the job kind `importance` runs: a version's features, measured over rows of a dataset by the files that serve."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.algorithms import complete_hyperparameters
from libs.contracts.importance import FeatureWorth, GroupWorth, ImportanceResult, ImportanceSpec
from libs.contracts.training_config import CheckedConfig
from libs.market.candles import Market
from libs.quant.calibration_maps import Calibration
from libs.quant.candles import Floats, Integers
from libs.quant.feature_worth import STRETCHES, gains_of, groups_of, mixed_up, shares_of, stability_of
from libs.quant.targets import parse_target
from libs.quant.windows import Windows, latest_of
from services.training.importance.served import ServedVersion, load_served
from services.training.learners.catalogue import make_learner
from services.training.learners.errors import NotEnoughDataError
from services.training.learners.horizons import with_most_bars
from services.training.learners.learner import Sample, Scale, probabilities
from services.training.learners.progress import Progress, Report
from services.training.learners.series import Series, data_hash, day_of, load_candles, with_features
from services.training.learners.table import FEWEST_TEST_ROWS, FEWEST_TRAINING_ROWS, Table, make_table, split

UNITS: Final = {
    "shap": "mean |SHAP value| of the output that is answered",
    "permutation": "growth of the loss (log loss, or mean squared error) when the feature is another row's; its error is that of the "
    "shuffles, not of the rows",
    "gain": "how far its splits part the answer, by the training weight that reaches them",
    "drop_column": "growth of the loss (log loss, or mean squared error) on unseen rows when it is trained without the feature",
}
NOT_SAMPLED: Final = "The gain is a fact of the trees that serve: no rows are drawn for it."
TIED: Final = "The features' worth is tied in a stretch of time, or there are too few features to be ranked."
WORTHLESS: Final = "No feature is worth anything to the model on these rows, so there is nothing to share."
ONLY_ONE: Final = "The version looks at one feature: without it nothing is left to be trained. Ask for shap or permutation."
ALL_ALIKE: Final = "The learner draws nothing by chance: each repeat is the same, which says nothing of how sure the worth is."
LEAST: Final = 1e-15


@dataclass(frozen=True, slots=True, eq=False)
class _Ground:
    """What is looked at: the version, rows with their targets in order of time, and the columns that are looked at as one."""

    spec: ImportanceSpec
    version: ServedVersion
    series: list[Series]
    table: Table
    rows: Integers
    units: list[list[int]]

    @property
    def inputs(self) -> Floats:
        """The rows as a matrix, or as windows."""
        rows = self.table.rows[self.rows]
        return rows.values() if isinstance(rows, Windows) else rows


@dataclass(frozen=True, slots=True, eq=False)
class _Worth:
    """What was measured: by repeat (repeats, units), and by row in order of time (rows, units); None where no rows were drawn."""

    by_repeat: Floats
    by_row: Floats | None
    rows: Integers


def run(spec: ImportanceSpec, *, artifacts: Artifacts, market: Market, report: Report, **_: object) -> ImportanceResult:
    """Measure. The same spec gives the same numbers; a run that is cut off begins anew.

    Raise InvalidError where the version's files are gone, TrainingRefusedError and its kin for candles that give too few rows.
    """
    steps = 2 + (spec.repeats if spec.method in {"permutation", "drop_column"} else 1)
    report(Progress(stage="loading data", step=0, total_steps=steps, message=f"Loading candles of {', '.join(spec.training.symbols)}"))
    ground = _ground(spec, artifacts=artifacts, market=market)
    about = f"Measuring {len(ground.version.features)} features on {len(ground.rows)} rows by {spec.method}"
    report(Progress(stage="measuring", step=1, total_steps=steps, message=about))
    return _result(_measured(ground, report=report, steps=steps), ground)


def _ground(spec: ImportanceSpec, *, artifacts: Artifacts, market: Market) -> _Ground:
    version = load_served(spec.artifact, artifacts=artifacts)
    config = CheckedConfig.model_validate(spec.training.training_config)
    loaded = [load_candles(symbol, config=config, market=market) for symbol in config.symbols]
    series = [with_features(candles, first=first, names=version.features) for candles, first in loaded]
    target = parse_target(spec.training.target_variable)
    config = with_most_bars(config, series=series, target=target)
    table = make_table(series, config=config, model_type=spec.training.model_type, steps=version.steps, target=target)
    if len(table) < FEWEST_TEST_ROWS:
        msg = f"Only {len(table)} rows have all features and a known outcome; at least {FEWEST_TEST_ROWS} are needed"
        raise NotEnoughDataError(msg, details={"dataset_id": [msg]})
    ordered = np.argsort(table.time, kind="stable")
    some = np.unique(np.linspace(0, len(ordered) - 1, min(spec.num_samples, len(ordered))).astype(int))
    rows = ordered[some]
    groups = groups_of(latest_of(table.rows[rows]), above=spec.group_above)
    if spec.method == "drop_column":
        if len(version.features) == 1:
            raise InvalidError(ONLY_ONE, details={"method": [ONLY_ONE]})
        groups = [columns for columns in groups if len(columns) < len(version.features)]
    return _Ground(spec, version, series, table, rows, [[column] for column in range(len(version.features))] + groups)


def _measured(ground: _Ground, *, report: Report, steps: int) -> _Worth:
    spec = ground.spec
    match spec.method:
        case "gain":
            gains = gains_of(ground.version.trees())
            return _Worth(np.array([[gains[columns].sum() for columns in ground.units]]), None, ground.rows)
        case "shap":
            values = ground.version.contributions(ground.inputs)
            by_row = np.abs(np.stack([values[:, columns].sum(axis=1) for columns in ground.units], axis=1))
            # The spread of interleaved parts of the rows (random groups, Wolter 2007).
            return _Worth(np.stack([by_row[part :: spec.repeats].mean(axis=0) for part in range(spec.repeats)]), by_row, ground.rows)
        case "permutation":
            targets, scale = ground.table.targets[ground.rows], ground.version.saved.scale
            grown = mixed_up(
                lambda rows: _losses(ground.version.scores(rows), targets, scale=scale, calibration=ground.version.saved.calibration),
                ground.inputs,
                units=ground.units,
                repeats=spec.repeats,
                seed=spec.seed,
            )
            return _gathered(grown, rows=ground.rows, report=report, steps=steps)
        case _:
            rows, grown = _without(ground)
            return _gathered(grown, rows=rows, report=report, steps=steps)


def _gathered(grown: Iterator[Floats], *, rows: Integers, report: Report, steps: int) -> _Worth:
    found = []
    for number, each in enumerate(grown, start=1):
        found.append(each)
        report(Progress(stage="measuring", step=1 + number, total_steps=steps, message=f"Repeat {number} is measured"))
    return _Worth(np.stack([each.mean(axis=0) for each in found]), np.mean(found, axis=0), rows)


def _without(ground: _Ground) -> tuple[Integers, Iterator[Floats]]:
    """Return the unseen rows, in order of time, and by repeat how much their losses grow without each unit (rows, units)."""
    config = CheckedConfig.model_validate(ground.spec.training.training_config)
    parts = split(ground.table, series=ground.series, config=config)
    unseen = parts.test[np.argsort(ground.table.time[parts.test], kind="stable")]
    training, tested = (ground.table.sample(_thinned(rows, most=ground.spec.num_samples)) for rows in (parts.train, unseen))
    if len(training) < FEWEST_TRAINING_ROWS:
        msg = f"num_samples leaves {len(training)} rows to learn from; at least {FEWEST_TRAINING_ROWS} are needed"
        raise NotEnoughDataError(msg, details={"num_samples": [msg]})
    seeds = range(ground.spec.seed, ground.spec.seed + ground.spec.repeats)
    return _thinned(unseen, most=ground.spec.num_samples), (_losses_without(ground, training, tested, seed=seed) for seed in seeds)


def _losses_without(ground: _Ground, training: Sample, tested: Sample, *, seed: int) -> Floats:
    every = list(range(len(ground.version.features)))

    def losses(columns: list[int]) -> Floats:
        spec = ground.spec.training
        settings = complete_hyperparameters(spec.algorithm, spec.hyperparameters, model_type=spec.model_type) | {"random_state": seed}
        learner = make_learner(
            spec.algorithm, model_type=spec.model_type, hyperparameters=settings, classes=len(ground.table.classes or ())
        )
        part = Sample(training.rows[:, columns], training.targets, training.spans)
        fitted = learner.fit(part, watched=None, on_epoch=lambda _: None)
        return _losses(fitted.scores(tested.rows[:, columns]), tested.targets, scale=fitted.scale)

    whole = losses(every)
    # What is left of a model without any feature is nothing to be fitted.
    kept = [[column for column in every if column not in columns] for columns in ground.units]
    return np.stack([losses(columns) - whole if columns else np.full(len(tested), np.nan) for columns in kept], axis=1)


def _thinned(rows: Integers, *, most: int) -> Integers:
    kept: Integers = rows[np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int))]
    return kept


def _losses(scores: Floats, targets: NDArray[Any], *, scale: Scale, calibration: Calibration | None = None) -> Floats:
    """Return each row's loss (rows,): its log loss, or its squared error."""
    if scale == "value":
        return np.asarray((scores[:, 0] - targets) ** 2)
    odds = probabilities(scores, scale=scale, calibration=calibration)
    return np.asarray(-np.log(np.clip(odds[np.arange(len(odds)), targets], LEAST, 1.0)))


def _result(measured: _Worth, ground: _Ground) -> ImportanceResult:
    spec, names, time = ground.spec, ground.version.features, ground.table.time
    mean = np.nan_to_num(measured.by_repeat.mean(axis=0))
    repeats = len(measured.by_repeat)
    errors = _errors(measured.by_repeat, method=spec.method)
    own, shares = mean[: len(names)], shares_of(mean[: len(names)])
    group_of = {column: place for place, columns in enumerate(ground.units[len(names) :]) for column in columns}
    order = np.lexsort((np.arange(len(names)), -own))
    by_row = None if measured.by_row is None else np.nan_to_num(measured.by_row[:, order])
    stretches = np.array([]) if by_row is None else np.stack([part.mean(axis=0) for part in np.array_split(by_row, STRETCHES)])
    stability = stability_of(stretches) if len(stretches) else None
    reasons = dict.fromkeys(("stability", "standard_error"), NOT_SAMPLED) if by_row is None else {}
    if errors is None:
        reasons.setdefault("standard_error", ALL_ALIKE)
    if stability is None:
        reasons.setdefault("stability", TIED)
    if not shares.any():
        reasons["feature_importance"] = WORTHLESS
    return ImportanceResult(
        method=spec.method,
        unit=UNITS[spec.method],
        features=tuple(
            FeatureWorth(
                feature=names[place],
                importance=float(shares[place]),
                rank=rank,
                worth=float(own[place]),
                standard_error=None if errors is None else float(errors[place]),
                group=group_of.get(place),
            )
            for rank, place in enumerate(order.tolist(), start=1)
        ),
        groups=tuple(
            GroupWorth(
                features=tuple(names[column] for column in columns),
                worth=float(mean[len(names) + place]),
                standard_error=None if errors is None else float(errors[len(names) + place]),
            )
            for place, columns in enumerate(ground.units[len(names) :])
        ),
        stability=stability,
        stretches=tuple(map(tuple, stretches.tolist())),
        rows=len(measured.rows),
        seen_rows=_seen(ground, measured.rows),
        start=day_of(int(time[measured.rows].min())),
        end=day_of(int(time[measured.rows].max())),
        synthetic=any(each.candles.synthetic for each in ground.series),
        reasons=reasons,
        run_card={"data_hash": data_hash(ground.series), "seed": spec.seed, "repeats": repeats, "group_above": spec.group_above},
    )


def _errors(by_repeat: Floats, *, method: str) -> Floats | None:
    """Return the standard error of each mean over repeats (rows); None for one repeat, and where nothing differs between them."""
    repeats = len(by_repeat)
    if repeats == 1 or (method == "drop_column" and np.ptp(by_repeat, axis=0).max() <= LEAST):
        return None
    return np.asarray(np.nan_to_num(by_repeat.std(axis=0, ddof=1) / np.sqrt(repeats)))


def _seen(ground: _Ground, rows: Integers) -> int | None:
    """Count the rows that the version has learned from; None where nobody wrote that down."""
    if (learned := ground.version.manifest.get("learned")) is None:
        return None
    seen = 0
    for place, each in enumerate(ground.series):
        span = learned.get(each.candles.symbol)
        times = ground.table.time[rows][ground.table.symbol[rows] == place]
        seen += int(((times >= span["first"]) & (times <= span["last"])).sum()) if span else 0
    return seen
