"""What a forecaster says of the periods to come, series by series, from the last period that is known."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from libs.contracts.envelope import JsonObject
from services.training.recipes.answers import Answers, null_or
from services.training.recipes.forecasting.model import ForecastModel
from services.training.recipes.forecasting.panel import Panel
from services.training.recipes.forecasting.rolling import tell
from services.training.recipes.table import Table

ANSWERED: Final = ("forecast", "low", "high")
NO_FORECAST: Final = "Too little is known of the series before the period, or of what is to be known ahead of it."
NO_INTERVAL: Final = "Too few forecasts were made of the series before the hold-out for an interval."
AHEAD: Final = "What is to be known ahead is not known of all periods to come: give rows with it and without a target."


def ahead_rows(model: ForecastModel, panel: Panel, *, series: int | None = None) -> Iterator[JsonObject]:
    """Yield what is forecast after the last period: of each series, or the first so many, the widest first, each period of the horizon."""
    horizon = model.manifest.objective.horizon
    told = tell(model.forecaster, panel, origins=np.array([panel.periods]), horizon=horizon, corrections=model.corrections)
    for place, node in enumerate(panel.nodes[:series]):
        for step in range(horizon):
            yield {
                "level": node.level,
                "name": node.name,
                "place": " / ".join(node.place),
                "period": panel.day(panel.periods + step),
                "forecast": null_or(told.forecast[place, 0, step]),
                "low": null_or(told.low[place, 0, step]),
                "high": null_or(told.high[place, 0, step]),
            }


def lacks_ahead(model: ForecastModel, panel: Panel) -> bool:
    """Tell whether what is to be known ahead is not known of all periods to come."""
    return bool(panel.covariates) and panel.known.shape[1] < panel.periods + model.manifest.objective.horizon


def answer(model: ForecastModel, table: Table) -> Answers:
    """Return what is forecast after the last period of rows whose target is known."""
    panel = model.panel_of(table)
    answers = Answers(notes=[*panel.notes, *([AHEAD] if lacks_ahead(model, panel) else [])])
    for place, values in enumerate(ahead_rows(model, panel)):
        answers.add(values)
        answers.why(place, _why_null(values))
    return answers


def _why_null(values: JsonObject) -> dict[str, str]:
    """Say why values of a forecast are null."""
    if values["forecast"] is None:
        return dict.fromkeys(("forecast", "low", "high"), NO_FORECAST)
    return {name: NO_INTERVAL for name in ("low", "high") if values[name] is None}
