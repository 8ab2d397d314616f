"""When a model is retrained by its schedule, and on which candles: rules alone."""

from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from libs.chassis.errors import InvalidError
from libs.contracts.gateway import Stage
from libs.contracts.retraining import GATE_METRICS, GateVerdict, Incumbent, Retrain, duration_of, judged
from libs.contracts.training import TrainingSpec
from libs.market.own import OwnCatalogue
from libs.market.windows import days_of
from services.gateway.domain.models.model import Listing, Model
from services.gateway.domain.models.schedule import LastTurn, Schedule, TurnOutcome, expiry_of, retrain_of, with_retrain
from services.gateway.domain.models.version import ModelVersion

NO_NEW_CANDLES: Final = "no_new_candles"
# What could not be done is tried again after so long, then after twice as long and so on: one that expires waits no whole `every`.
FIRST_RETRY: Final = timedelta(hours=1)
LAST_RETRY: Final = timedelta(days=1)
DOUBLINGS: Final = 5
UNSUCCESSFUL: Final = frozenset({TurnOutcome.REFUSED, TurnOutcome.FAILED})
NOT_COMPARED: Final = "The training did not compare it with the version that serves."


def scheduled(model: Model) -> Model:
    """Return the model with its next turn: `every` after its newest version was made, or none."""
    retrain = retrain_of(model.market.training_config)
    newest = model.versions[-1] if model.versions else None
    next_at = newest.made_at + duration_of(retrain.every) if retrain and newest else None
    return replace(model, schedule=replace(model.schedule, next_at=next_at))


def turned(model: Model, last: LastTurn) -> Model:
    """Return the model after a turn: the next one is `every` after it, or sooner where this one was refused or has failed."""
    before = model.schedule.last
    if last.outcome is not TurnOutcome.SKIPPED:
        last = replace(last, failures=(before.failures if before else 0) + (last.outcome in UNSUCCESSFUL))
    return replace(model, schedule=Schedule(_next_after(last, model=model), last))


def _next_after(last: LastTurn, *, model: Model) -> datetime | None:
    if (retrain := retrain_of(model.market.training_config)) is None:
        return None
    every = duration_of(retrain.every)
    return last.at + (min(every, *_pauses(last.failures)) if last.outcome in UNSUCCESSFUL else every)


def _pauses(failures: int) -> tuple[timedelta, timedelta]:
    """Return after how long it is tried again after so many failures in a row, which doubles, and the longest that this may be."""
    return FIRST_RETRY * 2 ** min(failures - 1, DOUBLINGS), LAST_RETRY


def lasting(model: Model, *, before: Model) -> Model:
    """Return a changed model whose version that serves predicts for as long as it says now; other versions keep their own time.

    Once it was offered to others that time does not become shorter: somebody may have paid for it.
    """
    serving, config = model.in_service, model.market.training_config
    if serving is None or _expire_after(model) == _expire_after(before):
        return model
    ends = expiry_of(serving.made_at, config=config)
    if model.listing is not Listing.NONE:
        ends = None if ends is None or serving.expires_at is None else max(ends, serving.expires_at)
    versions = tuple(replace(each, expires_at=ends) if each is serving else each for each in model.versions)
    return replace(model, versions=versions)


def is_due(model: Model, *, at: datetime) -> bool:
    """Tell whether the schedule has a turn now: it has versions, is in use, nothing works on it, and its time has come."""
    next_at = model.schedule.next_at
    return bool(model.versions) and not model.is_archived and model.active_job is None and next_at is not None and next_at <= at


def why_nothing_new(model: Model, *, own: OwnCatalogue) -> str | None:
    """Say why there is nothing to learn that the newest version has not seen; None where there is. Raise InvalidError for lost symbols."""
    newest = model.versions[-1]
    seen = _last_day_of(newest, model=model)
    _, last = span_of(model.market, own=own)
    if seen is None or last > seen:
        return None
    config = model.market.training_config
    now_own = own.references(config["symbols"], timeframe=config.get("timeframe", "1d"))
    # Candles within the day that was the last: another version of the file has them.
    if last == seen and now_own and {each.sha256 for each in now_own} != {each.sha256 for each in newest.market.own}:
        return None
    return f"There are no candles after {seen}, the last day that version {newest.name} has seen."


def span_of(spec: TrainingSpec, *, own: OwnCatalogue) -> tuple[date, date]:
    """Return the first and the last day that a training of a model with a schedule is given now. Raise InvalidError."""
    config, retrain = spec.training_config, retrain_of(spec.training_config)
    given = config.get("start_date")
    start, timeframe = date.fromisoformat(given) if given else None, config.get("timeframe", "1d")
    spans = [days_of(symbol, timeframe=timeframe, start=start, end=None, own=own) for symbol in config["symbols"]]
    is_common = config.get("window", "common") == "common"
    firsts, lasts = [first for first, _ in spans], [last for _, last in spans]
    first, last = (max(firsts), min(lasts)) if is_common else (min(firsts), max(lasts))
    if retrain and retrain.window_days is not None:
        first = max(first, last - timedelta(days=retrain.window_days - 1))
    return first, last


def dated(spec: TrainingSpec, own: OwnCatalogue) -> TrainingSpec:
    """Return what a job is given of a model's spec: the days that it has now, where the model has a schedule, instead of the schedule."""
    if retrain_of(spec.training_config) is None:
        return spec
    days: dict[str, str] = {}
    with suppress(InvalidError):  # A symbol that is there no more: whoever checks the spec says so.
        first, last = span_of(spec, own=own)
        days = {"start_date": first.isoformat(), "end_date": last.isoformat()} if first < last else {}
    without = with_retrain(spec, None)
    return without.model_copy(update={"training_config": without.training_config | days})


def against(model: Model) -> TrainingSpec:
    """Return the model's spec with the version that serves, which the new one is measured against."""
    serving, retrain = model.serving, retrain_of(model.market.training_config)
    gate = (retrain or Retrain(every="7d")).gate
    metric = gate.metric or GATE_METRICS[model.market.model_type][0]
    incumbent = Incumbent(version=serving.name, artifact=serving.artifact, metric=metric, tolerance=gate.tolerance)
    return model.market.model_copy(update={"incumbent": incumbent})


def admitted(made: ModelVersion, gate: GateVerdict | None) -> ModelVersion:
    """Return a version as it comes in: archived where it has not passed, so that what served serves on."""
    return made if gate is None or gate.passed else replace(made, stage=Stage.ARCHIVED)


def verdict_of(spec: TrainingSpec, gate: GateVerdict | None) -> GateVerdict | None:
    """Return how a version compares; None where nothing was to be compared. What was to be and was not has not passed."""
    return gate or (judged(spec.incumbent, rows=0, old=None, new=None, why_not=NOT_COMPARED) if spec.incumbent else None)


def retrained(model: Model, made: ModelVersion, gate: GateVerdict) -> Model:
    """Return the model after its schedule has made a version."""
    outcome = TurnOutcome.PASSED if gate.passed else TurnOutcome.NOT_PASSED
    serving = model.serving.name
    serves_on = f" Version {serving} is in production and serves on." if gate.passed and serving != made.name else ""
    last = LastTurn(made.made_at, outcome, gate.reason + serves_on, made.job_id, made.name, gate)
    return replace(model, schedule=replace(model.schedule, last=last), sequence=model.sequence + 1)


def turn_ended(model: Model, job_id: str, *, at: datetime, reason: str, cancelled: bool) -> Model:
    """Return the model after a job that its schedule had started has made nothing; another job changes nothing.

    What failed is tried again before long; who cancels one does not want another: the next turn stays `every` after this one began.
    """
    last = model.schedule.last
    if last is None or last.job_id != job_id or last.outcome is not TurnOutcome.STARTED:
        return model
    ended = replace(last, at=max(at, last.at), outcome=TurnOutcome.FAILED, reason=reason)
    if cancelled or model.schedule.next_at is None:
        return replace(model, schedule=replace(model.schedule, last=ended))
    tried_again = turned(model, ended)
    next_at = min(model.schedule.next_at, tried_again.schedule.next_at or model.schedule.next_at)
    return replace(model, schedule=replace(tried_again.schedule, next_at=next_at))


def _expire_after(model: Model) -> str | None:
    retrain = retrain_of(model.market.training_config)
    return retrain.expire_after if retrain else None


def _last_day_of(version: ModelVersion, *, model: Model) -> date | None:
    """Return the last day that a version was given; None where its training did not say."""
    config = version.market.training_config
    if config.get("end_date"):
        return date.fromisoformat(config["end_date"])
    if model.result is None or model.in_service is not version:
        return None
    said = model.result.run_card.get("test_closes")
    return datetime.fromisoformat(said).date() if said else None
