"""What the assistant tells of models: how one stands, whether it drifts, and how it is promoted."""

from typing import Final

from libs.contracts.envelope import JsonObject
from libs.contracts.gateway import Stage
from libs.contracts.model_monitoring import FeatureDrift, SnapshotResult
from libs.contracts.recipe_runs import RecipeModelSpec
from services.gateway.domain.assistant.speech import Speech, number, shown
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.recipe_models import chosen, metrics_source, standing_of
from services.gateway.domain.monitoring.snapshot import Snapshot, SnapshotSource
from services.gateway.domain.monitoring.watch import Watch
from services.gateway.domain.registry.gate import Rule
from services.gateway.domain.registry.name import RegisteredName

FEATURES_MOST, ALERTS_MOST, METRICS_MOST = 5, 3, 8
NO_ROWS: Final = "There were too few rows to decide by."


def model_source(speech: Speech, model: Model) -> int:
    """Return the number of a model as a source."""
    return speech.about("model", f"/api/ml-development/models/{model.id}", f"Model {model.name} ({model.id})")


def tell_model(speech: Speech, model: Model) -> None:
    """Tell how a model stands, and what its version in service measures."""
    at, version = model_source(speech, model), model.in_service
    if version is None:
        speech.say(f"{model.name} ({model.id}) has no version yet: no run has made one.", at)
        if isinstance(model.spec, RecipeModelSpec):
            speech.suggest("Train it", "POST", "/runs", _ids(model.spec) | {"run_type": "train", "model_id": model.id})
        return
    figures = ", ".join(f"{name} {number(value)}" for name, value in list((version.metrics or version.reported).items())[:METRICS_MOST])
    whose = {"measured": "as the platform has measured it", "reported": "as an outside worker has reported it, unmeasured here"}
    source = metrics_source(version)
    told = f"{figures}, {whose[source]}" if source else "nothing was measured of it"
    speech.say(f"{model.name} ({model.id}) is in {standing_of(model).value}; version {version.name} serves: {told}.", at)
    speech.questions += ["Is this model drifting?", "How do I promote this model?"]


def tell_promotion(speech: Speech, model: Model, name: RegisteredName | None) -> None:
    """Tell how a model comes to production, and what stands in its way."""
    at = model_source(speech, model)
    if not isinstance(model.spec, RecipeModelSpec):
        speech.say(f"{model.name} ({model.id}) is a model of kind {model.spec.kind}: it is promoted in the registry of AI Engine.", at)
        speech.suggest("The registry", "GET", "/v1/ai/registry")
        return
    if not model.versions:
        tell_model(speech, model)
        speech.say("It may be given a status all the same, but of what goes into production something should be measured: train it first.")
        return
    version = chosen(model)
    speech.say(f"{model.name} ({model.id}) is in {standing_of(model).value}.", at)
    if version.stage is Stage.PRODUCTION:
        speech.say(f"Version {version.name}, its newest, is in production already.", at)
    else:
        speech.say(f"Its status becomes production by one call, which takes version {version.name}, and retires what was there.", at)
    if metrics_source(version) != "measured":
        speech.say(f"Nothing that version {version.name} claims was measured here, so that a gate with rules would not let it pass.", at)
    _tell_gate(speech, at, model, name)
    if version.stage is not Stage.PRODUCTION:
        speech.suggest(f"Put version {version.name} into production", "PUT", f"/models/{model.id}", {"status": "production"})
        if version.stage is not Stage.STAGING:
            speech.suggest("Put it into staging first", "PUT", f"/models/{model.id}", {"status": "staging", "version": version.name})
        ids = _ids(model.spec) | {"model_id": model.id}
        speech.suggest("Measure it once more before", "POST", "/runs", ids | {"run_type": "eval"})
    else:
        speech.suggest("Take it back to staging", "PUT", f"/models/{model.id}", {"status": "staging"})
    speech.questions.append("Is this model drifting?")


def _tell_gate(speech: Speech, at: int, model: Model, name: RegisteredName | None) -> None:
    if name is None:
        speech.say(
            "It is not registered yet: it is when it first comes so far, under a name whose gate has no rules, so that it passes.", at
        )
        return
    if not name.gate.rules:
        speech.say(f"The gate of {name.name} has no rules, so that every version passes.", at)
    registered = name.of_model(model.id, chosen(model).name)
    if registered is None:
        for rule in name.gate.rules:
            speech.say(f"The gate of {name.name} asks that {_rule(rule)}.", at)
    else:
        for finding in name.findings(registered.number):
            speech.say(
                f"The gate of {name.name}: {finding.sentence.rstrip('.')}; it {'passes' if finding.passed else 'does not pass'}.", at
            )
        if registered.approval is not None:
            speech.say(f"An admin's decision on it: {registered.approval.decision.value}.", at)
    if name.gate.approval != "none":
        speech.say(f"An {name.gate.approval} has to agree besides: until then the model stays as it is.", at)


def _rule(rule: Rule) -> str:
    against = number(rule.value) if rule.value is not None else f"production's, by {number(rule.margin)}"
    return f"{rule.metric} is {rule.op} {against}"


def tell_drift(speech: Speech, model: Model, snapshot: Snapshot | None, watch: Watch) -> None:
    """Tell whether a model drifts, by its newest snapshot and its open alerts."""
    at = model_source(speech, model)
    if snapshot is None:
        speech.say(f"Nobody has looked at {model.name} ({model.id}) yet, so that it is not known whether it drifts.", at)
    else:
        _tell_snapshot(speech, model, snapshot)
    for alert in watch.open[:ALERTS_MOST]:
        speech.say(f"An alert is open since {alert.raised_at.date().isoformat()}: {alert.message.rstrip('.')}.", at)
    if snapshot is not None and not watch.open:
        speech.say("No alert of it is open.", at)
    if watch.next_at is not None:
        speech.say(f"It is looked at by itself next on {watch.next_at.isoformat(timespec='minutes')}.", at)
    elif not watch.in_production:
        speech.say("It is not looked at by itself, as no version of it is in production.", at)
    speech.suggest("Take a snapshot now", "POST", f"/models/{model.id}/monitoring", {})
    speech.suggest("Its alerts", "GET", f"/models/{model.id}/monitoring/alerts")
    speech.suggest("From where a difference counts", "GET", f"/models/{model.id}/monitoring/rules")
    if watch.open and isinstance(model.spec, RecipeModelSpec):
        speech.suggest("Train it again", "POST", "/runs", _ids(model.spec) | {"run_type": "train", "model_id": model.id})
    speech.questions.append("How do I promote this model?")


def _tell_snapshot(speech: Speech, model: Model, snapshot: Snapshot) -> None:
    path = f"/api/ml-development/models/{model.id}/monitoring/{snapshot.id}"
    at = speech.about("snapshot", path, f"Snapshot {snapshot.id} of {model.name}")
    when = snapshot.captured_at.isoformat(timespec="minutes")
    if snapshot.source is SnapshotSource.REPORTED:
        told = ", ".join(f"{name} {shown(value)}" for name, value in list(snapshot.reported.drift.items())[:5]) if snapshot.reported else ""
        speech.say(f"The newest snapshot ({when}) was reported, not computed: {told or 'it says nothing of drift'}.", at)
        return
    result = snapshot.result
    if result is None:
        speech.say(f"The newest snapshot ({when}) has no result.", at)
        return
    drifted = [each for each in result.features if each.drifted]
    if not result.enough:
        speech.say(f"The newest snapshot of version {snapshot.version} ({when}) cannot say: {NO_ROWS[0].lower()}{NO_ROWS[1:]}", at)
    else:
        speech.say(
            f"By the newest snapshot of version {snapshot.version} ({when}, {result.rows.current:,} rows) it {_verdict(result)}.", at
        )
        if result.features:
            speech.say(f"{len(drifted)} of {len(result.features)} features drift{_features(drifted[:FEATURES_MOST])}.", at)
    _tell_whole(speech, at, result)
    if snapshot.report:
        speech.suggest("The snapshot's page", "GET", f"{path}/report")


def _verdict(result: SnapshotResult) -> str:
    """Say how a model does: what it is given may be as it was, and its answers be worse all the same."""
    drifts = any(each.drifted for each in result.features) or result.domain.drifted or (result.predictions and result.predictions.drifted)
    worse = ", ".join(result.performance.degraded)
    if not worse:
        return "drifts" if drifts else "does not drift"
    return f"drifts and is clearly worse than it was ({worse})" if drifts else f"does not drift, but is clearly worse than it was ({worse})"


def _features(drifted: list[FeatureDrift]) -> str:
    told = [f"{each.name} (index {number(each.psi)}, from {number(each.threshold)} on it counts)" for each in drifted]
    return f": {', '.join(told)}" if told else ""


def _tell_whole(speech: Speech, at: int, result: SnapshotResult) -> None:
    if result.predictions is not None and result.enough:
        moves = "drifts" if result.predictions.drifted else "does not drift"
        speech.say(f"What it answers {moves} (index {number(result.predictions.psi)}).", at)
    if result.domain.auc is not None and result.enough:
        speech.say(f"A classifier tells new rows from old ones with an area under the curve of {number(result.domain.auc)}.", at)
    for metric, reference in list(result.performance.reference.items())[:3]:
        measured, estimated = result.performance.measured.get(metric), result.performance.estimated.get(metric)
        if measured is not None and measured.value is not None:
            speech.say(f"{metric} is measured as {number(measured.value)}; it was {number(reference)}.", at)
        elif estimated is not None and estimated.value is not None:
            speech.say(f"{metric} is estimated as {number(estimated.value)} without labels; it was {number(reference)}.", at)
    if result.freshness.is_stale:
        speech.say("Its newest row is older than it may be.", at)


def _ids(spec: RecipeModelSpec) -> JsonObject:
    return {"recipe_id": spec.recipe_id, "recipe_version_id": spec.recipe_version_id}
