"""Puts together what a training measured, with a reason for each value that cannot be computed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np

from libs.chassis.release import release, revision
from libs.contracts.hyperparameters import HyperparameterValue
from libs.contracts.training import ModelType, TrainingResult, TrainingSpec
from libs.contracts.training_config import CheckedConfig
from libs.quant.calibration_maps import Calibration
from libs.quant.measured import Measured
from libs.quant.novelty import Novelty
from libs.quant.splits import Split
from libs.quant.targets import Target, parse_target
from services.training.learners.calibrating import calibration_card, reliability
from services.training.learners.folding import card_of_paths
from services.training.learners.folds import Fold, best_epoch, mean_of
from services.training.learners.judging import direction_metrics, importance, judge, simplest_guess, training_metrics
from services.training.learners.judging_forecasts import LAST_VALUE, forecast_metrics, last_value_metrics, unchanged_metrics
from services.training.learners.learner import Counted, Fitted, Pooled, Sample, Scale, steps_of
from services.training.learners.networks import set_aside
from services.training.learners.quality import abstains_of, quality_card
from services.training.learners.run_card import config_hash, surroundings
from services.training.learners.series import Series, card_of, day_of, moment_of
from services.training.learners.shares import shared_costs, shares_of, warnings_of, weights_card
from services.training.learners.table import Table, class_balance, opens_of
from services.training.learners.trading import Trading, trade


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a model was trained on and is judged by."""

    spec: TrainingSpec
    config: CheckedConfig
    settings: Mapping[str, HyperparameterValue]
    series: list[Series]
    table: Table
    parts: Split
    folds: list[Fold]
    seed: int
    features: tuple[str, ...]
    novelty: Novelty
    calibration: Calibration | None

    @property
    def classification(self) -> bool:
        """Whether classes are predicted."""
        return self.spec.model_type is ModelType.CLASSIFICATION

    @property
    def target(self) -> Target:
        """What is predicted."""
        return parse_target(self.spec.target_variable)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that are told apart; none where values are predicted."""
        return self.target.classes or ()

    @property
    def opens(self) -> int:
        """From which close on all symbols are tested and traded (nanoseconds)."""
        return opens_of(self.table, self.parts)

    @property
    def learned_until(self) -> int:
        """When the last label that was learned from was known (nanoseconds): no later candle has told the model anything."""
        return int(self.table.known[self.parts.train].max())


class _HowSure(TypedDict):
    """How scores become probabilities."""

    scale: Scale
    calibration: Calibration | None


def play(fitted: Fitted, *, evidence: Evidence) -> Trading:
    """Play the model's signals on the test part, and buy and hold beside them."""
    return trade(
        fitted,
        series=evidence.series,
        opens=evidence.opens,
        config=evidence.config,
        steps=steps_of(evidence.settings),
        target=evidence.target,
        abstains=abstains_of(evidence.novelty, config=evidence.config),
        calibration=evidence.calibration,
    )


def make_result(fitted: Fitted, *, evidence: Evidence, trading: Trading) -> TrainingResult:
    """Judge the model on the test part, which nothing was learned or chosen from."""
    table, parts, folds = evidence.table, evidence.parts, evidence.folds
    training, unseen = table.sample(parts.train), table.sample(parts.test)
    scores, how_sure = fitted.scores(unseen.rows), _HowSure(scale=fitted.scale, calibration=evidence.calibration)
    predictive = judge(scores, unseen.targets, **how_sure)
    direction = direction_metrics(scores, unseen.targets, classes=evidence.classes, **how_sure)
    metrics = (
        predictive
        | direction
        | reliability(scores, unseen.targets, **how_sure)
        | forecast_metrics(fitted, unseen, series=evidence.series)
        | trading.equity()
    )
    trades = trading.trades()
    learned = training_metrics(fitted.scores(training.rows), training.targets, epochs=fitted.epochs, **how_sure)
    learned = learned | _best_epoch(fitted, folds=folds)
    validated = mean_of(folds) if folds else predictive
    shares, how, no_shares = importance(fitted, unseen.rows, features=evidence.features, calibration=evidence.calibration)
    baselines, baseline_reasons = _baselines(fitted, evidence=evidence, trading=trading)
    curve = trading.curve_points()
    reasons = {**metrics.reasons, **trades.reasons, **learned.reasons, **_prefixed("validation_metrics", validated), **baseline_reasons}
    if no_shares:
        reasons["feature_importance"] = no_shares
    return TrainingResult(
        metrics=dict(metrics.values),
        backtest=dict(trades.values),
        feature_importance=shares,
        training_metrics=dict(learned.values),
        validation_metrics=dict(validated.values),
        baselines=baselines,
        sharpe_interval=trading.interval(seed=evidence.seed),
        equity_curve=trading.curve(timeframe=evidence.config.timeframe),
        reasons=reasons,
        run_card=_run_card(evidence)
        | _validation(evidence, trading)
        | _network(fitted, training, evidence=evidence)
        | calibration_card(scores, unseen.targets, classes=evidence.classes, **how_sure)
        | {"feature_importance": how, "equity_curve": curve},
    )


def _validation(evidence: Evidence, trading: Trading) -> dict[str, Any]:
    """Say how it was validated, and what the signals made along each path of time; nothing where that was not asked for."""
    config = evidence.config
    if config.validation is None:
        return {}
    played = [fold.stretches for fold in evidence.folds]
    per_year = trading.signals.bars_per_year
    return {"validation": card_of_paths(played, rule=config.validation, bars_per_year=per_year, horizon=config.horizon)}


def _best_epoch(fitted: Fitted, *, folds: list[Fold]) -> Measured:
    if isinstance(fitted, Pooled):
        return Measured({"best_epoch": None}, {"best_epoch": "each member has one of its own: see ensemble in the run card"})
    return best_epoch(folds) if fitted.best_epoch is None else Measured({"best_epoch": fitted.best_epoch})


def _network(fitted: Fitted, training: Sample, *, evidence: Evidence) -> dict[str, Any]:
    """Say how large a network is, and how many of the rows that it was trained on were set aside to stop early; nothing of others."""
    if not isinstance(fitted, Counted):
        return {}
    stops = evidence.settings.get("early_stopping_patience") is not None
    held = set_aside(training, share=float(evidence.settings["validation_fraction"] or 0))[1] if stops else ()
    pool = {"ensemble": dict(fitted.pool)} if isinstance(fitted, Pooled) else {}
    return {"parameters": fitted.parameters, "held_rows": len(held), **pool}


def _moment(time: int) -> str:
    return moment_of(time).isoformat().replace("+00:00", "Z")


def _baselines(fitted: Fitted, *, evidence: Evidence, trading: Trading) -> tuple[dict[str, Any], dict[str, str]]:
    table, parts = evidence.table, evidence.parts
    name, guess, guess_reasons = simplest_guess(
        table.targets[parts.train], table.targets[parts.test], classification=evidence.classification, classes=evidence.classes
    )
    held = trading.held_equity()
    reasons = {f"baselines.{name}.{key}": words for key, words in guess_reasons.items()}
    found: dict[str, Any] = {name: guess, "buy_and_hold": dict(held.values)}
    reasons |= _prefixed("baselines.buy_and_hold", held)
    if still := last_value_metrics(fitted, table.sample(parts.test), series=evidence.series):
        found[LAST_VALUE] = dict(still.values)
        reasons |= _prefixed(f"baselines.{LAST_VALUE}", still)
    if still := unchanged_metrics(evidence.target.own_column, table, parts.test, series=evidence.series):
        found[LAST_VALUE] = dict(still.values)
        reasons |= _prefixed(f"baselines.{LAST_VALUE}", still)
    return found, reasons


def _prefixed(path: str, measured: Measured) -> dict[str, str]:
    return {f"{path}.{name}": words for name, words in measured.reasons.items()}


def _run_card(evidence: Evidence) -> dict[str, Any]:
    table, parts, config = evidence.table, evidence.parts, evidence.config
    used = np.concatenate((parts.train, parts.test))
    asked = sum(len(each.candles) - each.first for each in evidence.series)
    balance = None
    if evidence.classification:
        sides = {"train": parts.train, "test": parts.test}
        balance = {name: class_balance(table.targets[rows], classes=evidence.classes) for name, rows in sides.items()}
    card, shares = card_of(evidence.series), shares_of(evidence.series, table=table, parts=parts, config=config)
    return {
        **card,
        "symbols": [each | share for each, share in zip(card["symbols"], shares, strict=True)],
        "window": config.window,
        "warnings": warnings_of(evidence.series, features=evidence.features, opens=evidence.opens),
        "rows": len(used),
        "bars": asked,
        "dropped_rows": asked - len(table),
        "train_rows": len(parts.train),
        "test_rows": len(parts.test),
        "purged_rows": parts.purged,
        "embargoed_rows": parts.embargoed,
        "start": day_of(int(table.time[used].min())),
        "end": day_of(int(table.time[used].max())),
        "test_start": day_of(evidence.opens),
        # The moments of the first and the last candle that were traded: who plays the model again plays these.
        "test_opens": _moment(evidence.opens),
        "test_closes": _moment(max(int(each.candles.time[-1]) for each in evidence.series)),
        # Nothing later has had a say in the model: where it is refitted on the days that it was tested on, `refit` says so.
        "learned_until": _moment(evidence.learned_until),
        "timeframe": config.timeframe,
        "horizon": config.horizon,
        "barrier": table.barrier,
        "class_balance": balance,
        "quality": quality_card(evidence.novelty, rows=table.rows, test=parts.test, features=evidence.features, config=config),
        **weights_card(table.sample(parts.train)),
        **shared_costs(shares),
        "folds": len(evidence.folds),
        "hyperparameters": dict(evidence.settings),
        "seed": evidence.seed,
        "config_hash": config_hash(evidence.spec),
        "release": release(),
        "revision": revision(),
        **surroundings(evidence.spec.algorithm),
    }
