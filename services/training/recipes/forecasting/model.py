"""A forecaster with what its forecasts are corrected by: how it is fitted, kept, opened and asked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from libs.contracts.envelope import JsonObject
from libs.contracts.manifests.forecasting import ForecastingManifest
from libs.contracts.recipe_runs import RecipeModelManifest
from libs.quant.candles import Floats
from services.training.learners.errors import TrainingRefusedError
from services.training.learners.run_card import canonical_json
from services.training.recipes.forecasting.forecaster import Forecaster
from services.training.recipes.forecasting.items import OTHERS, Items
from services.training.recipes.forecasting.learning import Around, fit, read
from services.training.recipes.forecasting.panel import CODES, ITEM, WIDER, Panel, make_panel
from services.training.recipes.forecasting.rolling import Corrections, corrections_of, plan_of
from services.training.recipes.table import Levels, Rows, Table

ALONE: Final = "Errors before the hold-out are too few to tell how series go together: each counts by how far it was off alone."
CORRECTIONS: Final = "corrections.json"


@dataclass(frozen=True, slots=True, eq=False)
class ForecastModel:
    """What was fitted to the periods before `until`; `nodes` name the series it knows, in order."""

    manifest: ForecastingManifest
    forecaster: Forecaster
    corrections: Corrections
    nodes: tuple[tuple[str, ...], ...]
    until: str
    short: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def fit(cls, panel: Panel, *, end: int, manifest: ForecastingManifest, around: Around) -> "ForecastModel":
        """Fit twice: to learn from the last of the periods how far forecasts are off, and to all of them."""
        plan = plan_of(end=end, manifest=manifest)
        memory = around.memory_of(manifest, end=plan.end)
        told = memory.told() if memory is not None else None
        if told is not None:
            around.say("An attempt before has made the trial fit: its weights and intervals are taken up")
            corrections = Corrections.read(told)
        else:
            around.say(f"A trial fit to {plan.trial_end} periods, for weights and intervals")
            first = replace(around, reach=lambda done, of: around.reach(done, 2 * of))
            trial = fit(panel, end=plan.trial_end, manifest=manifest, around=first, memory=around.memory_of(manifest, end=plan.trial_end))
            corrections = corrections_of(trial, panel, plan=plan, manifest=manifest)
        around.say(f"The fit to all {plan.end} periods")
        memory = memory.after(corrections.written()) if memory is not None else None
        second = replace(around, reach=lambda done, of: around.reach(of + done, 2 * of))
        final = fit(panel, end=plan.end, manifest=manifest, around=second, memory=memory)
        notes = (*panel.notes, *final.notes)
        if corrections.shrinkage == 1.0:
            notes = (*notes, ALONE)
        if np.isnan(corrections.reach).any():
            count = int(np.isnan(corrections.reach).sum())
            notes = (*notes, f"{count} of {len(panel.nodes)} series have too few forecasts before the hold-out for an interval.")
        return cls(manifest, final, corrections, names_of(panel), panel.day(end), panel.short, notes)

    @classmethod
    def restore(cls, kept: RecipeModelManifest, *, files: Mapping[str, bytes]) -> "ForecastModel":
        """Open a kept model."""
        told: dict[str, Any] = json.loads(files[CORRECTIONS])
        corrections = Corrections.read(told)
        nodes = tuple(tuple(map(str, each)) for each in told["nodes"])
        short = tuple(tuple(map(str, each)) for each in told.get("short", []))
        manifest = ForecastingManifest.model_validate(kept.manifest)
        return cls(manifest, read(manifest.learner.name, files), corrections, nodes, str(kept.numbers["until"]), short)

    @property
    def features(self) -> tuple[str, ...]:
        """Columns of the learner, in its order; of one that has none, what is known ahead."""
        return tuple(self.forecaster.importance) or self.manifest.features

    @property
    def numbers(self) -> JsonObject:
        """Until when it learned, and how far correlations of errors were shrunk."""
        return {"until": self.until, "series": len(self.nodes), "shrinkage": self.corrections.shrinkage}

    @property
    def files(self) -> Mapping[str, bytes]:
        """The forecaster's files, and what its forecasts are corrected by."""
        told = {**self.corrections.written(), "nodes": [list(each) for each in self.nodes], "short": [list(each) for each in self.short]}
        return {**self.forecaster.files, CORRECTIONS: canonical_json(told)}

    @property
    def reads(self) -> Levels:
        """What is known ahead."""
        return dict.fromkeys(self.manifest.features)

    @property
    def importance(self) -> Mapping[str, float]:
        """By feature, summing to 1."""
        return self.forecaster.importance

    def predict(self, table: Table, rows: Rows) -> Floats:
        """Return each row's expected share of its item and period (rows,), NaN for series that it does not know.

        Periods are forecast in stretches of a horizon, each from its own beginning: monitoring sees what would have been said.
        """
        panel = self.panel_of(table)
        horizon = self.manifest.objective.horizon
        expected = np.full((len(panel.nodes), panel.periods), np.nan)
        for origin in range(1, panel.periods, horizon):
            base = self.forecaster.forecast(panel, origin=origin, horizon=horizon)
            expected[:, origin : origin + horizon] = self.corrections.apply(base, panel=panel)[:, : panel.periods - origin]
        first = len(panel.nodes) - panel.items
        places = {node.place: first + place for place, node in enumerate(panel.nodes[first:])}
        others = places.get((OTHERS,) * len(panel.nodes[-1].place), -1)
        places |= dict.fromkeys(self.short, -1)
        roles = [role for role in (*WIDER, ITEM) if table.has(role)]
        node = np.array(
            [places.get(tuple(map(str, each)), others) for each in zip(*(table.words(role) for role in roles), strict=True)]
            if roles
            else [0] * len(table)
        )
        period = periods_of(table, panel=panel)
        known = (node >= 0) & (period >= 0) & (period < panel.periods)
        found = np.full(len(table), np.nan)
        _, own, count = np.unique(np.stack([node, period]), axis=1, return_inverse=True, return_counts=True)
        share = 1.0 if self.manifest.objective.aggregate == "mean" else 1.0 / count[own.reshape(-1)]
        found[known] = (expected[np.maximum(node, 0), np.clip(period, 0, panel.periods - 1)] * share)[known]
        return found[rows]

    def panel_of(self, table: Table) -> Panel:
        """Return the panel of rows with the series that were learned, whichever of them are the largest by now.

        Raise TrainingRefusedError where rows tell series apart by other columns.
        """
        places = tuple(place for level, *place in self.nodes if level == ITEM)
        items = Items(tuple(map(tuple, places)), self.short)
        panel = make_panel(table, manifest=self.manifest, items=items)
        if names_of(panel) != self.nodes:
            message = "The rows tell series apart by other columns than the model was made with: name the same, or train a version anew."
            raise TrainingRefusedError(message, details={"manifest.data.columns": [message]})
        return panel


def names_of(panel: Panel) -> tuple[tuple[str, ...], ...]:
    """Return the nodes by level and place."""
    return tuple((node.level, *node.place) for node in panel.nodes)


def periods_of(table: Table, *, panel: Panel) -> Any:
    """Return the period of each row (rows,), from 0; below or beyond where the panel has none."""
    return pd.PeriodIndex(pd.Series(table.times("time")), freq=CODES[panel.frequency]).asi8 - panel.first


def end_of(table: Table, train: Rows, *, panel: Panel) -> int:
    """Return how many periods lie wholly before the rows that are not learned from."""
    period = periods_of(table, panel=panel)
    times = table.times("time")
    later = times > times[train].max()
    later[train] = False
    return int(min(period[later].min() if later.any() else panel.periods, panel.periods))
