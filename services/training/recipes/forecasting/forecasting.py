"""The family `forecasting`: demand of items, groups and a total, forecast together and measured from origins that roll through time."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from libs.contracts.envelope import JsonObject
from libs.contracts.manifests.forecasting import ForecastingManifest
from libs.contracts.recipe_runs import RecipeCurve, RecipeInterval, RecipeModelManifest
from libs.quant.measured import Measured as Figures
from services.training.learners.errors import NotEnoughDataError, TrainingRefusedError
from services.training.recipes.answers import Answers
from services.training.recipes.family import Keys, Measured, Model
from services.training.recipes.forecasting.answering import AHEAD, ANSWERED, ahead_rows, answer, lacks_ahead
from services.training.recipes.forecasting.learning import BASELINES, Around, fit_baseline
from services.training.recipes.forecasting.measuring import Measuring, with_skill
from services.training.recipes.forecasting.model import ForecastModel, end_of, periods_of
from services.training.recipes.forecasting.panel import ITEM, WIDER, Panel, make_panel
from services.training.recipes.forecasting.rolling import Plan, Told, corrections_of, plan_of, spread_origins, tell
from services.training.recipes.splitting import Parts
from services.training.recipes.table import Rows, Table
from services.training.recipes.telling import Teller
from services.training.reports.sheet import Picture

ROWS_MOST: Final = 500
SEASONS_SHOWN: Final = 3
APART: Final = "From {count} of {of} origins a series has no forecast: what was said from there was not made to add up."
LEARNED_ON: Final = "Intervals and weights rest on forecasts of {count} origins before the hold-out, from {first} on."


class Forecasting:
    """See the module."""

    answered = ANSWERED

    @property
    def keys(self) -> Keys:
        """Rows are told apart by time."""
        return Keys(time="time")

    def prepare(self, table: Table, *, manifest: ForecastingManifest) -> Table:
        """Return the rows that belong to a series. Raise TrainingRefusedError where what is known ahead is no number."""
        for name in manifest.features:
            if table.features[name].dtype.kind not in "fiub":
                message = f"{name!r} has words: what is known ahead must be numbers, such as a price or 0 and 1."
                raise TrainingRefusedError(message, details={"manifest.features": [message]})
        roles = [role for role in (*WIDER, ITEM) if table.has(role)]
        if roles and ITEM not in roles:
            message = f"The role {roles[0]!r} is above items: name the column of the items, too."
            raise TrainingRefusedError(message, details={"manifest.data.columns.item": [message]})
        whole = np.ones(len(table), dtype=bool)
        for role in roles:
            whole &= table.roles[role].notna().to_numpy()
        return table.keep(whole, note="Rows that belong to no item or group were left out.")

    def fit(self, table: Table, rows: Rows, *, manifest: ForecastingManifest, teller: Teller) -> Model:
        """Return what learns from the periods before the other rows alone."""
        panel = make_panel(table, manifest=manifest)
        around = Around(teller.say, lambda done, of: teller.reach(done, of=of), teller.checkpoints, table.sha256)
        return ForecastModel.fit(panel, end=end_of(table, rows, panel=panel), manifest=manifest, around=around)

    def restore(self, kept: RecipeModelManifest, *, files: Mapping[str, bytes]) -> Model:
        """Return the model that was kept so."""
        return ForecastModel.restore(kept, files=files)

    def answer(self, model: Any, table: Table, *, manifest: ForecastingManifest) -> Answers:
        """Return the periods of the horizon after the last that is known, of each series."""
        del manifest
        return answer(model, table)

    def measure(self, model: Any, table: Table, parts: Parts, *, manifest: ForecastingManifest, teller: Teller) -> Measured:
        """Return what forecasts of the held-out periods are worth, beside those of the baselines, which are corrected alike."""
        made: ForecastModel = model
        panel, horizon = made.panel_of(table), manifest.objective.horizon
        end = end_of(table, parts.train, panel=panel)
        stop = min(int(periods_of(table, panel=panel)[parts.test].max()) + 1, panel.periods)
        if stop <= end:
            message = "The held-out rows have no whole period after those that were learned from: hold out more, or take shorter periods."
            raise NotEnoughDataError(message, details={"manifest.split.test_fraction": [message]})
        origins = spread_origins(end, stop - horizon, most=manifest.evaluation.origins)
        told = tell(made.forecaster, panel, origins=origins, horizon=horizon, corrections=made.corrections)
        measuring = Measuring.of(panel, end=end, level=manifest.evaluation.confidence)
        plan = plan_of(end=end, manifest=manifest)
        teller.say(f"{len(origins)} forecasts of {horizon} periods, from {panel.day(int(origins[0]))} to {panel.day(int(origins[-1]))}")
        baselines = {name: _baseline(name, panel, plan=plan, origins=origins, manifest=manifest, measuring=measuring) for name in BASELINES}
        own = with_skill(measuring.metrics(told), beside=baselines[manifest.baseline.name], baseline=manifest.baseline.name)
        note = LEARNED_ON.format(count=len(plan.calibration), first=panel.day(int(plan.calibration[0])))
        ahead, cut = _ahead(made, panel)
        return Measured(
            metrics=dict(own.values),
            baseline={
                name: dict(with_skill(each, beside=baselines[manifest.baseline.name], baseline=manifest.baseline.name).values)
                for name, each in baselines.items()
            },
            intervals=_interval(measuring, told, manifest=manifest),
            reasons=dict(own.reasons),
            tables={"levels": measuring.by_level(told), "series": measuring.by_series(told), "forecast": ahead},
            curves={"total": _total(panel, told, origin=int(origins[-1])), "by_step": _by_step(measuring, told)},
            notes=(
                f"From {panel.day(end)} on: {_verdict(own, baselines[manifest.baseline.name], name=manifest.baseline.name)}",
                note,
                *((APART.format(count=told.apart, of=len(origins)),) if told.apart else ()),
                *cut,
                *panel.notes,
            ),
        )

    def draw(self, measured: Measured, *, title: str) -> Mapping[str, Picture]:
        """Return no pictures beside the curves."""
        del measured, title
        return {}


def _baseline(name: str, panel: Panel, *, plan: Plan, origins: Any, manifest: ForecastingManifest, measuring: Measuring) -> Figures:
    trial, final = (fit_baseline(name, panel, end=end) for end in (plan.trial_end, plan.end))
    corrections = corrections_of(trial, panel, plan=plan, manifest=manifest)
    return measuring.metrics(tell(final, panel, origins=origins, horizon=manifest.objective.horizon, corrections=corrections))


def _interval(measuring: Measuring, told: Told, *, manifest: ForecastingManifest) -> dict[str, RecipeInterval]:
    level = manifest.evaluation.confidence
    drawn = measuring.wape_samples(told, resamples=manifest.evaluation.resamples, seed=manifest.seed)
    if not len(drawn):
        return {}
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return {"wape": RecipeInterval(low=float(low), high=float(high), level=level, method="bootstrap over items")}


def _ahead(model: ForecastModel, panel: Panel) -> tuple[tuple[JsonObject, ...], tuple[str, ...]]:
    """Return what is forecast after the last period, the widest series first, and a note where not all have room."""
    shown = max(1, ROWS_MOST // model.manifest.objective.horizon)
    rows = tuple(ahead_rows(model, panel, series=shown))[:ROWS_MOST]
    notes = (
        [f"The table `forecast` has the first {shown} of {len(panel.nodes)} series, the widest first."] if len(panel.nodes) > shown else []
    )
    if lacks_ahead(model, panel):
        notes.append(AHEAD)
    return rows, tuple(notes)


def _total(panel: Panel, told: Told, *, origin: int) -> RecipeCurve:
    """Return the total's latest forecast of the hold-out beside what came."""
    horizon = told.forecast.shape[2]
    past = range(max(0, origin - SEASONS_SHOWN * min(panel.season, 2 * horizon)), min(origin + horizon, panel.periods))
    series = {"came": tuple((panel.year(each), float(panel.values[0, each])) for each in past if np.isfinite(panel.values[0, each]))}
    for name, values in (("forecast", told.forecast), ("low", told.low), ("high", told.high)):
        points = [(panel.year(origin + step), float(values[0, -1, step])) for step in range(horizon) if np.isfinite(values[0, -1, step])]
        if points:
            series[name] = tuple(points)
    return RecipeCurve(title=f"{panel.nodes[0].name.capitalize()}: the last forecast of the hold-out", x="year", y="demand", series=series)


def _by_step(measuring: Measuring, told: Told) -> RecipeCurve:
    series = {name: tuple(points) for name, points in measuring.by_step(told).items() if points}
    return RecipeCurve(title="Error and coverage by periods ahead", x="periods ahead", y="share", series=series)


def _verdict(own: Figures, beside: Figures, *, name: str) -> str:
    mase, other, skill = own.values["mase"], beside.values["mase"], own.values["skill"]
    if mase is None or other is None or skill is None:
        return f"it cannot be told whether it is better than {name}: {own.reasons.get('mase', 'nothing could be measured')}."
    better = f"{skill:.0%} less" if skill > 0 else "no less"
    return f"its MASE is {mase:.3f}, and {name} has {other:.3f}: it errs {better}."


FORECASTING: Final = Forecasting()
