"""What all trials of a tuning rest on: candles and features, loaded once; the part that is searched, its folds, and the hold-out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from libs.contracts.algorithms import check_hyperparameters, complete_hyperparameters
from libs.contracts.hyperparameters import HyperparameterValue
from libs.contracts.training import TrainingSpec
from libs.contracts.training_config import CheckedConfig
from libs.contracts.validation import ValidationRule
from libs.market.candles import Market
from libs.quant.candles import Integers
from libs.quant.labels import CLASSES
from libs.quant.playing import Part, Rules
from libs.quant.splits import Split
from libs.quant.targets import Target, parse_target
from services.training.learners.catalogue import make_learner
from services.training.learners.errors import NotEnoughDataError, TrainingRefusedError
from services.training.learners.folding import Tested, tested_of
from services.training.learners.forecasting_columns import Outlook, outlook_of
from services.training.learners.horizons import with_most_bars
from services.training.learners.learner import Inputs, Learner, steps_of
from services.training.learners.quality import abstaining
from services.training.learners.series import Series, data_hash, in_common, load_candles, with_features
from services.training.learners.table import (
    FEWEST_TEST_ROWS,
    FEWEST_TRAINING_ROWS,
    Table,
    check_training_part,
    make_table,
    opens_of,
    split,
)
from services.training.learners.trading import costs_of

Point = Mapping[str, HyperparameterValue]
SEED: Final = "random_state"
SHORTEST_TABLES: Final = 8
"""Tables of so many lengths of windows are kept; others are made again."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of one length of windows: all of them, what is searched of them, its folds, and the hold-out (None without one)."""

    table: Table
    searched: Integers
    holdout: Split | None
    folds: tuple[Tested, ...]


@dataclass(slots=True, eq=False)
class Ground:
    """Candles and features of one tuning. It is sent to other processes as it is, and makes its tables there when they are asked for."""

    spec: TrainingSpec
    config: CheckedConfig
    validation: Mapping[str, Any]
    has_holdout: bool
    series: list[Series]
    features: tuple[str, ...]
    outlook: Outlook | None
    _rows: dict[int, Rows] = field(default_factory=dict)

    def settings(self, point: Point) -> dict[str, HyperparameterValue]:
        """Return all hyperparameters of a trial. Raise TrainingRefusedError for a combination that the learner does not take."""
        given = {**self.spec.hyperparameters, **point}
        problems = check_hyperparameters(self.spec.algorithm, given, model_type=self.spec.model_type)
        if problems:
            raise TrainingRefusedError("; ".join(text for texts in problems.values() for text in texts), details=problems)
        return dict(complete_hyperparameters(self.spec.algorithm, given, model_type=self.spec.model_type))

    @property
    def target(self) -> Target:
        """What is predicted."""
        return parse_target(self.spec.target_variable)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that are told apart; none where values are predicted."""
        return self.target.classes or ()

    def rules(self, settings: Point, *, learned: Inputs) -> Rules:
        """Return how the signals of a model with these hyperparameters are read, which has learned from these rows."""
        return Rules(
            by_value=not self.classes,
            steps=steps_of(settings),
            abstains=abstaining(learned, features=self.features, config=self.config),
            classes=self.classes or CLASSES,
            is_traded=self.target.is_traded,
        )

    def learner(self, settings: Point) -> Learner:
        """Return the learner with these hyperparameters."""
        return make_learner(
            self.spec.algorithm,
            model_type=self.spec.model_type,
            hyperparameters=settings,
            classes=len(self.classes),
            outlook=self.outlook,
        )

    def rows(self, settings: Point) -> Rows:
        """Return the rows of a trial with these hyperparameters; those of the same length of windows are made once."""
        steps = steps_of(settings)
        found = self._rows.get(steps)
        if found is None:
            if len(self._rows) >= SHORTEST_TABLES:
                self._rows.clear()
            found = self._rows[steps] = self._made(steps)
        return found

    def _made(self, steps: int) -> Rows:
        config = self.config
        table = make_table(self.series, config=config, model_type=self.spec.model_type, steps=steps, target=self.target)
        parts = split(table, series=self.series, config=config) if self.has_holdout else None
        searched = parts.train if parts else np.arange(len(table))
        check_training_part(
            table.sample(searched),
            features=self.features,
            classification=bool(self.classes),
            barrier=table.barrier,
            classes=self.classes,
        )
        part = table.part(searched)
        return Rows(table, searched, parts, _folds(part, rule=ValidationRule.model_validate(self.validation), horizon=config.horizon))

    def parts(self, opens: int, closes: int | None) -> list[Part]:
        """Return what is played of each symbol from the close `opens` up to and with `closes` (nanoseconds; None: to the last candle)."""
        found = []
        for each in self.series:
            time = each.candles.time
            start = int(np.searchsorted(time, opens, side="left"))
            stop = len(time) if closes is None else int(np.searchsorted(time, closes, side="right"))
            if stop - start > 1:
                found.append(Part(each.candles, each.features, start, stop, costs_of(each.candles, config=self.config)))
        return found

    def holdout_opens(self, rows: Rows) -> int:
        """Return from which close on the hold-out is played (nanoseconds)."""
        assert rows.holdout is not None
        return opens_of(rows.table, rows.holdout)

    def key(self) -> str:
        """Return the hash of all candles."""
        return data_hash(self.series)


def load_ground(spec: TrainingSpec, *, config: CheckedConfig, validation: Mapping[str, Any], holdout: float, market: Market) -> Ground:
    """Load candles and compute features. The last `holdout` of the time (0 for none) is what no trial sees, in any way.

    Raise what `Market.candles` and `compute_features` raise, and TrainingRefusedError's kin for what cannot be trained.
    """
    if holdout:
        config = config.model_copy(update={"train_test_split": 1.0 - holdout})
    loaded = [load_candles(symbol, config=config, market=market) for symbol in config.symbols]
    loaded = in_common(loaded) if config.window == "common" else loaded
    outlook = outlook_of(spec, config=config)
    features = tuple(outlook.columns.names) if outlook else spec.features
    series = [with_features(candles, first=first, names=features) for candles, first in loaded]
    config = with_most_bars(config, series=series, target=parse_target(spec.target_variable))
    return Ground(spec, config, validation, bool(holdout), series, features, outlook)


def _folds(table: Table, *, rule: ValidationRule, horizon: int) -> tuple[Tested, ...]:
    """Return the folds of the searched rows; raise NotEnoughDataError where one has too little to learn from, or to be tested on."""
    try:
        folds = tested_of(table, rule=rule, horizon=horizon)
    except ValueError as error:
        msg = f"The folds cannot be made: {error}. Ask for fewer folds, or for more days or symbols"
        raise NotEnoughDataError(msg, details={"validation": [msg]}) from error
    for number, fold in enumerate(folds, start=1):
        each, problem = fold.split, None
        if len(each.train) < FEWEST_TRAINING_ROWS // 2 or len(each.test) < FEWEST_TEST_ROWS // 2:
            problem = f"Fold {number} has {len(each.train)} rows to learn from and {len(each.test)} to test on"
        elif table.classes is not None and np.unique(table.targets[each.train]).size == 1:
            problem = f"Fold {number} has rows of one class only to learn from"
        if problem:
            msg = f"{problem}. Ask for fewer folds, a smaller hold-out, or more days or symbols"
            raise NotEnoughDataError(msg, details={"validation": [msg]})
    return tuple(folds)
