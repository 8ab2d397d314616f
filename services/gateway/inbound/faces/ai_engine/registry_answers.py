"""AI Engine's words for what the registry keeps."""

from typing import Final, cast

from libs.contracts.recipe_runs import RECIPE
from modelbourse.answers.engine import registry as answers
from services.gateway.domain.registry.comparison import MetricPair
from services.gateway.domain.registry.gate import Finding, Gate, Rule
from services.gateway.domain.registry.history import Refusal, Transition
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.version import Lineage, RegisteredVersion
from services.gateway.inbound.faces.ai_engine.words import documented_metrics

NOT_KEPT: Final = "The training was run before this was kept, or what it measured is gone."
NO_PARENT: Final = "No version was in production when it was registered."
OTHERWISE: Final = dict.fromkeys(("accuracy", "mse", "mae"), "A model of a recipe measures what its family says.")
NOBODY: Final = "It follows what became of its model elsewhere."
REGISTRATION: Final = "It was registered: before, it was nowhere."
UNREGISTERED: Final = "It was to be registered straight into production: before, it was nowhere."
NO_SOURCE: Final = "Nothing was measured of it, and nothing was reported."
NO_TURN_BEFORE: Final = "No other version was in production before."
NONE_IN_PRODUCTION: Final = "No version is in production."


def version_of(name: RegisteredName, number: int) -> answers.ModelVersion:
    """Return a version of a name."""
    version = name.numbered(number)
    metrics, reasons = documented_metrics(version.metrics, reasons=OTHERWISE if version.kind == RECIPE else {})
    return answers.ModelVersion(
        model_name=name.name,
        version=version.number,
        model_id=version.model_id,
        kind=cast("answers.ModelKind", version.kind),
        model_version=version.model_version,
        status=version.status.value,
        approval=version.approval.decision.value if version.approval else "none",
        approval_note=version.approval.note if version.approval else "",
        created_at=version.created_at,
        updated_at=version.updated_at,
        description=version.description,
        metrics=metrics,
        reported=dict(version.reported),
        metrics_source=version.metrics_source,
        tags=list(version.tags),
        aliases=sorted(alias for alias, of in name.aliases.items() if of == version.number),
        gate=[finding_of(each) for each in name.findings(version.number)],
        lineage=_lineage_of(version.lineage),
        reasons=reasons if version.metrics_source else {**reasons, "metrics_source": NO_SOURCE},
    )


def name_of(name: RegisteredName) -> answers.RegisteredModel:
    """Return a name."""
    production = name.production
    source = production.metrics_source if production else None
    back = next((each.number for each in name.before()), None)
    reasons = {} if production else dict.fromkeys(("production", "model_id", "model_version", "metrics_source"), NONE_IN_PRODUCTION)
    reasons |= {} if source or not production else {"metrics_source": NO_SOURCE}
    return answers.RegisteredModel(
        model_name=name.name,
        versions=len(name.versions),
        newest=name.newest,
        production=production.number if production else None,
        model_id=production.model_id if production else None,
        model_version=production.model_version if production else None,
        metrics_source=source,
        rollback_to=back,
        aliases=dict(sorted(name.aliases.items())),
        gate=gate_of(name.gate),
        created_at=name.created_at,
        updated_at=name.updated_at,
        reasons=reasons if back is not None else {**reasons, "rollback_to": NO_TURN_BEFORE},
    )


def change_of(change: Transition) -> answers.StatusChange:
    """Return a change of a version's status."""
    nulls = {"by": NOBODY if change.by is None else "", "before": "" if change.was else REGISTRATION}
    return answers.StatusChange(
        at=change.at,
        by=change.by,
        before=None if change.was is None else change.was.value,
        after=change.now.value,
        comment=change.comment,
        reasons={name: why for name, why in nulls.items() if why},
    )


def refusal_of(refusal: Refusal) -> answers.RefusedPromotion:
    """Return a promotion that was refused."""
    nulls = (("by", NOBODY, refusal.by), ("before", UNREGISTERED, refusal.was))
    return answers.RefusedPromotion(
        at=refusal.at,
        by=refusal.by,
        before=None if refusal.was is None else refusal.was.value,
        wanted=refusal.wanted.value,
        comment=refusal.comment,
        message=refusal.message,
        failing=[finding_of(each) for each in refusal.failing],
        reasons={name: why for name, why, value in nulls if value is None},
    )


def gate_of(gate: Gate) -> answers.RegistryGate:
    """Return a gate."""
    return answers.RegistryGate(rules=[_rule_of(each) for each in gate.rules], approval=gate.approval)


def finding_of(found: Finding) -> answers.Finding:
    """Return how a version stands to a rule."""
    unknown = found.reason or "It is not known."
    return answers.Finding(
        metric=found.rule.metric,
        op=found.rule.op,
        needed=found.needed,
        actual=found.actual,
        passed=found.passed,
        sentence=found.sentence,
        reasons={name: unknown for name, value in (("needed", found.needed), ("actual", found.actual)) if value is None},
    )


def pair_of(pair: MetricPair) -> answers.MetricPair:
    """Return a metric of two versions."""
    return answers.MetricPair(metric=pair.metric, a=pair.a, b=pair.b, difference=pair.difference, better=pair.better)


def pending_of(name: RegisteredName, version: RegisteredVersion) -> answers.PendingVersion:
    """Return a version that waits for an admin."""
    assert version.approval is not None
    return answers.PendingVersion(
        account_id=name.account_id,
        asked_at=version.approval.asked_at,
        version=version_of(name, version.number),
        replaces=name.production.number if name.production else None,
    )


def _rule_of(rule: Rule) -> answers.Rule:
    against = rule.value is None
    return answers.Rule(
        metric=rule.metric,
        op=rule.op,
        value=rule.value,
        against="production" if against else None,
        margin=rule.margin if against else None,
    )


def _lineage_of(lineage: Lineage) -> answers.Lineage:
    kept = {"config_hash": lineage.config_hash, "data_hash": lineage.data_hash, "release": lineage.release, "revision": lineage.revision}
    reasons = {name: NOT_KEPT for name, value in kept.items() if value is None}
    return answers.Lineage(
        job_id=lineage.job_id,
        trained_at=lineage.trained_at,
        datasets=[
            answers.Dataset(symbol=symbol, dataset_id=dataset, version=number) for symbol, (dataset, number) in lineage.datasets.items()
        ],
        artifact=lineage.artifact,
        libraries=dict(lineage.libraries),
        parent=lineage.parent,
        reasons=reasons if lineage.parent else {**reasons, "parent": NO_PARENT},
        **kept,
    )
