"""What was fitted to places: the learner, what is near, how far it was off where it had not looked, and scores from 0 to 100."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from safetensors import numpy as safetensors

from libs.contracts.envelope import JsonObject
from libs.contracts.manifests.location_scoring import LocationScoringManifest
from libs.contracts.recipe_runs import RecipeModelManifest
from libs.quant.candles import Floats, Integers
from libs.quant.conformal import Conformal
from libs.quant.spatial import buffered, folds_of_blocks, shares_below
from services.training.learners.errors import NotEnoughDataError
from services.training.learners.run_card import canonical_json
from services.training.recipes.location_scoring.columns import Own
from services.training.recipes.location_scoring.learners import Learned, learn, open_learned
from services.training.recipes.location_scoring.sites import Near, Plane
from services.training.recipes.splitting import AREA
from services.training.recipes.table import Levels, Rows, Table
from services.training.recipes.telling import Teller

PLACES, STATE = "places.safetensors", "scoring.json"
LEAST: Final = 20
REFERENCE_MOST: Final = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Inner:
    """Folds within what was learned from, by areas and at random: root mean square errors, and the answers and errors by areas."""

    blocked_rmse: float
    random_rmse: float
    answers: Floats
    errors: Floats


@dataclass(frozen=True, slots=True, eq=False)
class PlaceModel:
    """A scoring of places. `smear` takes the mean of what was learned as logarithms (Duan 1983); 1 where it was not.

    `reach` is that of intervals: of logarithms where `is_relative`, so that dear places have wider ones than cheap ones.
    """

    manifest: LocationScoringManifest
    learned: Learned
    near: Near
    own: Own
    plane: Plane
    smear: float
    reference: Floats
    reach: float | None
    inner: tuple[float, float]
    shares: tuple[float, ...]
    is_relative: bool
    notes: tuple[str, ...] = ()

    @classmethod
    def fit(cls, table: Table, rows: Rows, *, manifest: LocationScoringManifest, teller: Teller) -> "PlaceModel":
        """Learn from those of the rows that have a worth and lie farther than the buffer from all others.

        Raise NotEnoughDataError where these are too few.
        """
        plane = Plane.of(table, objective=manifest.objective)
        xy = plane.xy(table.numbers("x"), table.numbers("y"))
        train, dropped = _to_learn(table, rows, xy=xy, manifest=manifest)
        own = Own.of(table, train)
        data = _Data(own.columns(table, train), xy[train], table.numbers("target")[train], _areas(table, train, manifest=manifest))
        notes = [f"{dropped} places within {manifest.split.buffer:g} of a held-out one were not learned from."] if dropped else []
        inner = _inner(data, manifest=manifest, plane=plane, teller=teller)
        learned, near, smear, columns = _fit(data, manifest=manifest, plane=plane)
        log = manifest.objective.log_target
        errors = np.log((inner.answers + inner.errors) / inner.answers) if log else inner.errors
        found = Conformal.of(np.abs(errors).tolist(), kind="residual")
        weight = np.abs(learned.contributions(columns)).mean(axis=0)
        return cls(
            manifest, learned, near, own, plane, smear, np.quantile(inner.answers, np.linspace(0, 1, min(len(train), REFERENCE_MOST))),
            found.reach(manifest.evaluation.confidence) if found else None, (inner.blocked_rmse, inner.random_rmse),
            tuple((weight / (weight.sum() or 1.0)).tolist()), log, tuple(notes),
        )  # fmt: skip

    @classmethod
    def restore(cls, kept: RecipeModelManifest, *, files: Mapping[str, bytes]) -> "PlaceModel":
        """Open a kept model."""
        told: dict[str, Any] = json.loads(files[STATE])
        arrays = safetensors.load(files[PLACES])
        about = told["near"]
        near = Near(
            arrays["xy"], arrays["values"], arrays["area"], arrays["centres"],
            about["neighbours"], about["bandwidth"], tuple(about["names"]),
        )  # fmt: skip
        return cls(
            LocationScoringManifest.model_validate(kept.manifest), open_learned(dict(files)), near, Own.from_json(told["own"]),
            Plane(told["middle"]), told["smear"], arrays["reference"], told["reach"], tuple(told["inner"]), tuple(told["shares"]),
            bool(told.get("is_relative", False)),
        )  # fmt: skip

    @property
    def features(self) -> tuple[str, ...]:
        """Columns of the learner, in its order: those of the data, then what is near."""
        return (*self.own.names, *self.near.columns(self.near.xy[:1], area=None)[1])

    @property
    def numbers(self) -> JsonObject:
        """How many places were learned from, and root mean square errors of folds within them."""
        blocked, at_random = self.inner
        return {"places": len(self.near.values), "blocked_cv_rmse": blocked, "random_cv_rmse": at_random, "bandwidth": self.near.bandwidth}

    @property
    def files(self) -> Mapping[str, bytes]:
        """The learner's files, the places that were learned from, and the rest as JSON."""
        near = self.near
        arrays = {"xy": near.xy, "values": near.values, "area": near.area, "centres": near.centres, "reference": self.reference}
        told = {
            "near": {"neighbours": near.neighbours, "bandwidth": near.bandwidth, "names": list(near.names)},
            "own": self.own.to_json(),
            "middle": self.plane.middle,
            "smear": self.smear,
            "reach": self.reach,
            "is_relative": self.is_relative,
            "inner": list(self.inner),
            "shares": list(self.shares),
        }
        packed = safetensors.save({name: np.ascontiguousarray(each) for name, each in arrays.items()})
        return {**self.learned.files, PLACES: packed, STATE: canonical_json(told)}

    @property
    def reads(self) -> Levels:
        """The data's columns; rare words of a place are none of those that it knows."""
        return {**dict.fromkeys(self.own.numbers), **self.own.words}

    @property
    def importance(self) -> Mapping[str, float]:
        """Each column's share of the mean absolute contributions."""
        return dict(zip(self.features, self.shares, strict=True))

    def predict(self, table: Table, rows: Rows) -> Floats:
        """Return what places are expected to be worth (rows,)."""
        return self.worth(self.columns(table, rows))

    def columns(self, table: Table, rows: Rows) -> Floats:
        """Return the learner's columns of places (rows, columns)."""
        xy = self.plane.xy(table.numbers("x")[rows], table.numbers("y")[rows])
        return np.concatenate([self.own.columns(table, rows), self.near.columns(xy, area=None)[0]], axis=1)

    def worth(self, columns: Floats) -> Floats:
        """Return what is expected (rows,) by columns."""
        return _unlearned(self.learned.predict(columns), log=self.manifest.objective.log_target, smear=self.smear)

    def ends(self, worth: Floats) -> tuple[Floats, Floats] | None:
        """Return the ends of the intervals (rows,) of what is expected; None where too few were learned from for one."""
        if self.reach is None:
            return None
        if self.is_relative:
            return worth * np.exp(-self.reach), worth * np.exp(self.reach)
        return worth - self.reach, worth + self.reach

    def scores(self, worth: Floats) -> Floats:
        """Return scores (rows,): the share of the places learned from, in percent, that were expected to be worth less (or more)."""
        found = 100.0 * shares_below(worth, reference=self.reference)
        return found if self.manifest.objective.higher_is_better else 100.0 - found


@dataclass(frozen=True, slots=True, eq=False)
class _Data:
    """What is learned from: the data's columns (rows, columns), places (rows, 2), worth and area (rows,)."""

    own: Floats
    xy: Floats
    worth: Floats
    area: Integers

    def part(self, rows: Integers) -> "_Data":
        return _Data(self.own[rows], self.xy[rows], self.worth[rows], self.area[rows])


def _to_learn(table: Table, rows: Rows, *, xy: Floats, manifest: LocationScoringManifest) -> tuple[Integers, int]:
    """Return the rows with a worth that lie outside the buffer, and how many lie within."""
    held = np.setdiff1d(np.arange(len(table)), rows)
    fold = buffered(held, xy=xy, buffer=manifest.split.buffer)
    worth = table.numbers("target")[fold.train]
    if not np.isfinite(table.numbers("target")).any():
        message = "No place has a target: name the column that says what places were worth, in data.columns.target."
        raise NotEnoughDataError(message, details={"manifest.data.columns.target": [message]})
    train = fold.train[np.isfinite(worth)]
    if len(train) < LEAST:
        message = (
            f"{len(train)} places with a target are too few to learn from: {LEAST} are needed. Hold out fewer, or take a smaller buffer."
        )
        raise NotEnoughDataError(message, details={"manifest.split": [message]})
    if manifest.objective.log_target and (worth[np.isfinite(worth)] <= 0).any():
        message = "A target is not above zero, so its logarithm cannot be learned: set objective.log_target to false."
        raise NotEnoughDataError(message, details={"manifest.objective.log_target": [message]})
    return train, fold.dropped


def _areas(table: Table, rows: Integers, *, manifest: LocationScoringManifest) -> Integers:
    """Return which rows do not tell of each other: those of an area or group; at random each tells of all others."""
    match manifest.split.method:
        case "spatial_blocks":
            return table.numbers(AREA)[rows].astype(np.int64)
        case "groups":
            return np.unique(table.words("group").astype(str), return_inverse=True)[1][rows].astype(np.int64)
        case _:
            return np.asarray(rows, dtype=np.int64)


def _fit(data: _Data, *, manifest: LocationScoringManifest, plane: Plane) -> tuple[Learned, Near, float, Floats]:
    """Return the learner, what is near, the smearing factor and the columns learned from."""
    log = manifest.objective.log_target
    near = Near.of(data.xy, data.worth, area=data.area, objective=manifest.objective, plane=plane, seed=manifest.seed)
    columns = np.concatenate([data.own, near.columns(data.xy, area=data.area)[0]], axis=1)
    target = np.log(data.worth) if log else data.worth
    learned = learn(manifest.learner, columns, target, seed=manifest.seed)
    smear = float(np.exp(target - learned.predict(columns)).mean()) if log else 1.0
    return learned, near, smear, columns


def _inner(data: _Data, *, manifest: LocationScoringManifest, plane: Plane, teller: Teller) -> Inner:
    """Fit and test within what is learned from, by areas and at random, in as many folds as the split has."""
    count = min(manifest.split.folds, len(np.unique(data.area)))
    errors, told = [], []
    rows = len(data.worth)
    by_area = folds_of_blocks(data.area, folds=max(2, count), seed=manifest.seed)
    at_random = np.random.default_rng(manifest.seed).permutation(rows) % max(2, count)
    for number, fold_of in enumerate((by_area, at_random)):
        answers = np.full(rows, np.nan)
        # At random, others of the own area do tell: that is what flatters.
        seen = data if number == 0 else _Data(data.own, data.xy, data.worth, np.arange(rows))
        for fold in range(int(fold_of.max()) + 1):
            test = np.flatnonzero(fold_of == fold)
            buffer = manifest.split.buffer if number == 0 else 0.0
            train = buffered(test, xy=data.xy, buffer=buffer).train
            if len(train) < LEAST // 2:
                continue
            learned, near, smear, _ = _fit(seen.part(train), manifest=manifest, plane=plane)
            columns = np.concatenate([data.own[test], near.columns(data.xy[test], area=None)[0]], axis=1)
            answers[test] = _unlearned(learned.predict(columns), log=manifest.objective.log_target, smear=smear)
            teller.reach(number * 50 + (fold + 1) * 50 // (int(fold_of.max()) + 1), of=100)
        known = np.isfinite(answers)
        told.append(answers[known])
        errors.append((data.worth - answers)[known])
    if not all(len(each) for each in errors):
        message = "The buffer leaves no places to learn from within the folds: take a smaller one, or fewer areas."
        raise NotEnoughDataError(message, details={"manifest.split.buffer": [message]})
    rmse = [float(np.sqrt((each**2).mean())) for each in errors]
    return Inner(rmse[0], rmse[1], told[0], errors[0])


def _unlearned(answers: Floats, *, log: bool, smear: float) -> Floats:
    return np.exp(answers) * smear if log else answers
