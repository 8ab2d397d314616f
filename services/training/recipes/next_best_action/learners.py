"""The learners of uplift: T-learner and X-learner (Künzel, Sekhon, Bickel and Yu 2019, PNAS 116) of LightGBM models."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from libs.contracts.envelope import JsonObject
from libs.contracts.manifests.next_best_action import NextBestActionManifest, XLearner
from libs.contracts.recipe_runs import RecipeModelManifest
from services.training.recipes.boosting import answers, boost, opened, shares, written
from services.training.recipes.encoding import Encoding
from services.training.recipes.next_best_action.actions import Actions, Codes, check_rows
from services.training.recipes.next_best_action.propensity import Propensity
from services.training.recipes.table import Floats, Levels, Rows, Table
from services.training.recipes.telling import Teller

BINARY: Final = frozenset({0.0, 1.0})
CONSTANT: Final = "A model of a constant outcome has no trees."


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class UpliftModel:
    """A fit. `outcomes` has a model of the outcome for each action; `effects` the X-learner's two for each but the first, by name."""

    actions: Actions
    encoding: Encoding
    propensity: Propensity
    outcomes: tuple[Any, ...]
    effects: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def features(self) -> tuple[str, ...]:
        """The data's columns."""
        return self.encoding.names

    @property
    def reads(self) -> Levels:
        """The data's columns."""
        return self.encoding.levels

    @property
    def importance(self) -> Mapping[str, float]:
        """Mean of the models' gains: of those of effects where there are any."""
        every = [shares(booster, self.features) for booster in (self.effects.values() or self.outcomes)]
        told = [each for each in every if each]
        return {name: sum(each[name] for each in told) / len(told) for name in self.features} if told else {}

    @property
    def numbers(self) -> JsonObject:
        """Actions, how columns are encoded, and the propensities."""
        return {"actions": list(self.actions.words), "encoding": self.encoding.written(), "propensity": self.propensity.written()}

    @property
    def files(self) -> Mapping[str, bytes]:
        """A file of trees a model."""
        return {f"outcome_{place}.txt": written(each) for place, each in enumerate(self.outcomes)} | {
            f"{name}.txt": written(each) for name, each in self.effects.items()
        }

    def matrix(self, table: Table, rows: Rows) -> Floats:
        """Return what is learned from (rows, features)."""
        return self.encoding.matrix(table.features, rows)

    def expected(self, matrix: Floats) -> Floats:
        """Return the outcome that is expected of each action (rows, actions), by the models of outcomes."""
        return np.column_stack([answers(each, matrix) for each in self.outcomes])

    def uplift(self, matrix: Floats) -> Floats:
        """Return what each action changes of the outcome (rows, actions); of the first, nothing."""
        expected = self.expected(matrix)
        if not self.effects:
            return expected - expected[:, :1]
        chances = self.propensity.chances(matrix, encoding=self.encoding)
        out = np.zeros_like(expected)
        for place in range(1, expected.shape[1]):
            # The effect on the untreated is the surer where many were treated, and the other way round.
            treated = chances[:, place] / (chances[:, place] + chances[:, 0])
            untreated, own = (answers(self.effects[f"effect_{place}_{side}"], matrix) for side in ("untreated", "treated"))
            out[:, place] = treated * untreated + (1 - treated) * own
        return out

    def predict(self, table: Table, rows: Rows) -> Floats:
        """Return the outcome that is expected of what was done, which is what comes true; NaN for an action that is not known."""
        places = {word: place for place, word in enumerate(self.actions.words)}
        done = np.array([places.get(word, -1) for word in table.words("action")[rows].tolist()], dtype=np.int64)
        expected = self.expected(self.matrix(table, rows))[np.arange(len(done)), done]
        return np.where(done >= 0, expected, np.nan)


def fit(table: Table, rows: Rows, *, manifest: NextBestActionManifest, teller: Teller) -> UpliftModel:
    """Return the manifest's learner over these rows.

    Raise TrainingRefusedError for actions and costs that do not fit, ClassMissingError for an action with too few rows.
    """
    learner: Any = manifest.learner
    actions = Actions.of(table, control=manifest.objective.control)
    actions.costs(manifest)
    codes, outcome = actions.codes(table, rows), table.numbers("outcome")[rows]
    check_rows(codes, actions)
    encoding = Encoding.of(table.features, rows)
    matrix, count = encoding.matrix(table.features, rows), len(actions.words)
    effects = isinstance(learner, XLearner)
    total = count + (2 * (count - 1) if effects else 0)
    boosting = _Boosting(settings=learner.hyperparameters, seed=manifest.seed, encoding=encoding, teller=teller, total=total)
    objective = "binary" if set(np.unique(outcome).tolist()) <= BINARY else "regression"
    outcomes = tuple(boosting.fit(matrix[codes == each], outcome[codes == each], objective=objective) for each in range(count))
    return UpliftModel(
        actions=actions,
        encoding=encoding,
        propensity=Propensity.fit(matrix, codes, encoding=encoding, actions=count),
        outcomes=outcomes,
        effects=_effects(matrix, codes, outcome, outcomes=outcomes, boosting=boosting) if effects else {},
    )


def restore(kept: RecipeModelManifest, *, files: Mapping[str, bytes]) -> UpliftModel:
    """Return the model that was kept so."""
    numbers = kept.numbers
    actions = Actions(tuple(numbers["actions"]))
    return UpliftModel(
        actions=actions,
        encoding=Encoding.read(numbers["encoding"]),
        propensity=Propensity.read(numbers["propensity"]),
        outcomes=tuple(opened(files[f"outcome_{place}.txt"]) for place in range(len(actions.words))),
        effects={name.removesuffix(".txt"): opened(data) for name, data in files.items() if name.startswith("effect_")},
    )


@dataclass(slots=True, kw_only=True)
class _Boosting:
    """Fits the models of a learner one after the other, and tells how many are done."""

    settings: Any
    seed: int
    encoding: Encoding
    teller: Teller
    total: int
    done: int = 0

    def fit(self, matrix: Floats, targets: Floats, *, objective: str) -> Any:
        booster = boost(matrix, targets, settings=self.settings, objective=objective, seed=self.seed, categorical=self.encoding.categorical)
        self.done += 1
        self.teller.reach(self.done, of=self.total, message=f"{self.done} of {self.total} models are fitted")
        return booster


def _effects(matrix: Floats, codes: Codes, outcome: Floats, *, outcomes: tuple[Any, ...], boosting: _Boosting) -> dict[str, Any]:
    """Return models of imputed effects: of what the treated would have done untreated, and the untreated treated."""
    untreated = codes == 0
    made = {}
    for place in range(1, len(outcomes)):
        treated = codes == place
        gained = outcome[treated] - answers(outcomes[0], matrix[treated])
        missed = answers(outcomes[place], matrix[untreated]) - outcome[untreated]
        made[f"effect_{place}_treated"] = boosting.fit(matrix[treated], gained, objective="regression")
        made[f"effect_{place}_untreated"] = boosting.fit(matrix[untreated], missed, objective="regression")
    return made
