"""The family `location_scoring`: what places are worth, measured on areas that were not learned from, and scores with reasons."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from libs.contracts.envelope import JsonObject
from libs.contracts.manifests.location_scoring import LocationScoringManifest
from libs.contracts.recipe_runs import RecipeInterval, RecipeModelManifest
from libs.quant.candles import Floats, Integers
from libs.quant.measured import Measured as Figures
from libs.quant.metrics import regression_metrics
from libs.quant.spatial import MORAN, morans_i, ranking_metrics
from services.training.learners.errors import NotEnoughDataError
from services.training.recipes.answers import Answers
from services.training.recipes.family import Keys, Measured, Model
from services.training.recipes.location_scoring.answering import ANSWERED, answer
from services.training.recipes.location_scoring.map_picture import draw_map
from services.training.recipes.location_scoring.model import PlaceModel
from services.training.recipes.location_scoring.sites import Plane, areas_of, neighbour_places
from services.training.recipes.resampling import interval, resampled
from services.training.recipes.splitting import AREA, Parts
from services.training.recipes.table import Rows, Table
from services.training.recipes.telling import Teller
from services.training.reports.sheet import Picture

ROWS_MOST: Final = 500
REASONS: Final = 3
NO_CANDIDATES: Final = "No row is without a target: the held-out places are scored."


class LocationScoring:
    """See the module."""

    answered = ANSWERED

    @property
    def keys(self) -> Keys:
        """Rows are told apart by where they are, or by group."""
        return Keys(group="group", place=("x", "y"))

    def prepare(self, table: Table, *, manifest: LocationScoringManifest) -> Table:
        """Return the places with the area that each lies in; what they were worth may be unknown of all of them."""
        if not table.has("target"):
            table = table.with_role("target", np.full(len(table), np.nan))
        if manifest.split.method != "spatial_blocks":
            return table
        plane = Plane.of(table, objective=manifest.objective)
        areas = areas_of(plane.xy(table.numbers("x"), table.numbers("y")), split=manifest.split, seed=manifest.seed)
        return table.with_role(AREA, areas.astype(np.float64))

    def fit(self, table: Table, rows: Rows, *, manifest: LocationScoringManifest, teller: Teller) -> Model:
        """Return what learns from these rows alone."""
        return PlaceModel.fit(table, rows, manifest=manifest, teller=teller)

    def restore(self, kept: RecipeModelManifest, *, files: Mapping[str, bytes]) -> Model:
        """Return the model that was kept so."""
        return PlaceModel.restore(kept, files=files)

    def answer(self, model: Any, table: Table, *, manifest: LocationScoringManifest) -> Answers:
        """Return what each place is worth, its score, and why."""
        del manifest
        return answer(model, table)

    def measure(self, model: Any, table: Table, parts: Parts, *, manifest: LocationScoringManifest, teller: Teller) -> Measured:
        """Return what it is worth on held-out places, beside the baselines; and candidates, or the held-out, with scores and reasons."""
        made: PlaceModel = model
        test = parts.test[np.isfinite(table.numbers("target")[parts.test])]
        if not len(test):
            message = "None of the held-out places has a target: hold out more."
            raise NotEnoughDataError(message, details={"manifest.split.test_fraction": [message]})
        truth = table.numbers("target")[test]
        answers = made.predict(table, test)
        teller.say(f"{len(test):,} held-out places in other areas than those learned from")
        measured = {"": _figures(truth, answers, xy=_xy(made, table, test), manifest=manifest)}
        for name, told in _baselines(made, table, test).items():
            measured[name] = _figures(truth, told, xy=_xy(made, table, test), manifest=manifest)
        beside = measured[manifest.baseline.name].values["rmse"]
        figures = {name: _with_skill(each, beside=beside) for name, each in measured.items()}
        own = figures.pop("") | _of_model(made, truth=truth, answers=answers)
        candidates = np.flatnonzero(~np.isfinite(table.numbers("target")))
        scored = _scored(made, table, candidates if len(candidates) else test)
        return Measured(
            metrics=dict(own.values),
            baseline={name: dict(each.values) for name, each in figures.items()},
            intervals=_interval(truth, answers, manifest=manifest),
            reasons=dict(own.reasons),
            tables={"scores": scored},
            notes=_notes(own, beside=beside, manifest=manifest, candidates=len(candidates)),
        )

    def draw(self, measured: Measured, *, title: str) -> Mapping[str, Picture]:
        """Return the map of the places that were scored."""
        return {"map": draw_map(measured.tables["scores"], title=title)}


def _xy(model: PlaceModel, table: Table, rows: Integers) -> Floats:
    return model.plane.xy(table.numbers("x")[rows], table.numbers("y")[rows])


def _figures(truth: Floats, answers: Floats, *, xy: Floats, manifest: LocationScoringManifest) -> Figures:
    """Measure answers: errors, order, and whether errors of near places are alike, which says that space has more to tell."""
    plain = regression_metrics(truth, answers)
    errors = Figures(
        {name: plain.values[name] for name in ("rmse", "mae", "r2")}, {name: why for name, why in plain.reasons.items() if name == "r2"}
    )
    ranked = ranking_metrics(truth, answers, lowest=not manifest.objective.higher_is_better)
    return errors | ranked | _clustering(truth - answers, xy=xy, manifest=manifest)


def _clustering(errors: Floats, *, xy: Floats, manifest: LocationScoringManifest) -> Figures:
    count = min(manifest.objective.neighbours, len(errors) - 1)
    if count < 1:
        return Figures(dict.fromkeys(MORAN), dict.fromkeys(MORAN, "there is one place"))
    places = neighbour_places(xy, count=count)
    return morans_i(errors, neighbours=places, permutations=manifest.evaluation.permutations, seed=manifest.seed)


def _baselines(model: PlaceModel, table: Table, test: Integers) -> dict[str, Floats]:
    """Return what the baselines say, which know the places that the model knows: none within the buffer."""
    xy, target = model.near.xy, model.near.values
    line = np.linalg.lstsq(np.column_stack([np.ones(len(target)), xy - xy.mean(axis=0)]), target, rcond=None)[0]
    at = _xy(model, table, test)
    return {
        "mean": np.full(len(test), float(target.mean())),
        "nearest_neighbours": model.near.nearest_mean(at),
        "linear_coordinates": np.column_stack([np.ones(len(test)), at - xy.mean(axis=0)]) @ line,
    }


def _with_skill(figures: Figures, *, beside: float | None) -> Figures:
    """Add `skill`: 1 - rmse / rmse of the manifest's baseline."""
    own = figures.values["rmse"]
    if own is None or not beside:
        return figures | Figures({"skill": None}, {"skill": "the baseline was never off"})
    return figures | Figures({"skill": 1.0 - own / beside})


def _of_model(model: PlaceModel, *, truth: Floats, answers: Floats) -> Figures:
    """Return coverage of its intervals, and the errors of folds by areas and at random within what it learned from.

    optimism: 1 - random_cv_rmse / blocked_cv_rmse, by how much folds at random flatter.
    """
    blocked, at_random = model.inner
    told = Figures({"blocked_cv_rmse": blocked, "random_cv_rmse": at_random, "optimism": 1.0 - at_random / blocked if blocked else None})
    if blocked == 0:
        told = told | Figures({}, {"optimism": "folds by areas were never off"})
    if (ends := model.ends(answers)) is None:
        return told | Figures({"coverage": None}, {"coverage": "too few places were learned from for an interval"})
    return told | Figures({"coverage": float(((ends[0] <= truth) & (truth <= ends[1])).mean())})


def _interval(truth: Floats, answers: Floats, *, manifest: LocationScoringManifest) -> dict[str, RecipeInterval]:
    level = manifest.evaluation.confidence
    squares = (truth - answers) ** 2
    drawn = resampled(squares[None, :], resamples=manifest.evaluation.resamples, seed=manifest.seed)[:, 0]
    low, high = interval(np.sqrt(drawn / len(squares)), confidence=level)
    return {"rmse": RecipeInterval(low=low, high=high, level=level, method="bootstrap over places")}


def _scored(model: PlaceModel, table: Table, rows: Integers) -> tuple[JsonObject, ...]:
    """Return the best places first: what they are expected to be worth, the score, and the columns that have most to do with it."""
    columns = model.columns(table, rows)
    worth = model.worth(columns)
    scores, ends = model.scores(worth), model.ends(worth)
    added = model.learned.contributions(columns)
    order = np.lexsort((rows, -scores))[:ROWS_MOST]
    names, target = model.features, table.numbers("target")
    found: list[JsonObject] = []
    for place in order.tolist():
        row = int(rows[place])
        largest = np.argsort(-np.abs(added[place]), kind="stable")[:REASONS].tolist()
        found.append(
            {
                "id": str(table.words("id")[row]) if table.has("id") else f"row {row + 1}",
                "x": float(table.numbers("x")[row]),
                "y": float(table.numbers("y")[row]),
                "score": round(float(scores[place]), 1),
                "expected": float(worth[place]),
                "low": None if ends is None else float(ends[0][place]),
                "high": None if ends is None else float(ends[1][place]),
                "known": float(target[row]) if np.isfinite(target[row]) else None,
                "reasons": "; ".join(f"{names[each]} {_value(columns[place, each])}: {added[place, each]:+.3g}" for each in largest),
            }
        )
    return tuple(found)


def _value(value: float) -> str:
    return f"{value:.4g}" if np.isfinite(value) else "unknown"


def _notes(own: Figures, *, beside: float | None, manifest: LocationScoringManifest, candidates: int) -> tuple[str, ...]:
    rmse, optimism, p = (own.values[name] for name in ("rmse", "optimism", "morans_i_p"))
    notes = []
    if rmse is not None and beside:
        better = "it errs less" if rmse < beside else "it is no better"
        notes.append(f"Its RMSE on held-out places is {rmse:.4g}, and {manifest.baseline.name} has {beside:.4g}: {better}.")
    if optimism is not None and optimism > 0:
        notes.append(f"Folds at random would have said {optimism:.0%} less error than folds by areas: places are told by their neighbours.")
    if p is not None and p <= 0.05:  # noqa: PLR2004 - the field's convention
        notes.append("Errors of near places are alike (Moran's I): something about the areas is not among the columns.")
    if manifest.objective.log_target:
        notes.append("Reasons add to the logarithm of what is expected.")
    return (*notes, *(() if candidates else (NO_CANDIDATES,)))


LOCATION_SCORING: Final = LocationScoring()
