"""How a model is retrained by itself: the options that set it, and how it stands."""

from typing import Annotated, Any

import typer

from modelbourse.answers.models import ModelDetails

RetrainEvery = Annotated[str | None, typer.Option(help="Retrain it so long after each version was made: 7d, 12h.")]
RetrainWindow = Annotated[str | None, typer.Option(help="Days to retrain on: anchored (from its start) or rolling.")]
RetrainWindowDays = Annotated[int | None, typer.Option(help="How many days a rolling window has.")]
ExpireAfter = Annotated[str | None, typer.Option(help="A version predicts no more so long after it was made: 30d.")]
GateMetricOption = Annotated[str | None, typer.Option("--gate-metric", help="By which a new version is compared: log_loss, rmse …")]
GateTolerance = Annotated[float | None, typer.Option(help="How much worse a new version may be: 0.02.")]
NoRetrain = Annotated[bool, typer.Option("--no-retrain", help="Retrain it no more.")]


def retrain_of(
    *,
    every: str | None,
    window: str | None,
    window_days: int | None,
    expire_after: str | None,
    metric: str | None,
    tolerance: float | None,
    never: bool,
) -> dict[str, Any]:
    """Return `retrain` as the API takes it; nothing where no option was given. Raise BadParameter for options without --retrain-every."""
    gate = _given(metric=metric, tolerance=tolerance)
    told = _given(every=every, window=window, window_days=window_days, expire_after=expire_after, gate=gate or None)
    if never and told:
        message = "--no-retrain goes with no other option of retraining"
        raise typer.BadParameter(message)
    if told and every is None:
        message = "give --retrain-every, too: what is set of retraining replaces all of it"
        raise typer.BadParameter(message)
    return {"retrain": None} if never else _given(retrain=told or None)


def retraining_facts(model: ModelDetails) -> list[tuple[str, Any]]:
    """Return how a model's retraining stands; nothing where it is not retrained by itself."""
    set_, now = model.training_config.retrain, model.retraining
    if set_ is None or now is None:
        return []
    days = f"the last {set_.window_days} days" if set_.window == "rolling" else "all days from its start"
    facts: list[tuple[str, Any]] = [("retrained", f"every {set_.every}, on {days}"), ("next turn", now.next_at)]
    if now.expires_at is not None:
        facts.append(("expired" if now.expired else "expires", now.expires_at))
    if now.last is not None:
        facts += [("last turn", f"{now.last.outcome}: {now.last.reason}"), ("was on", now.last.at)]
    return facts


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
