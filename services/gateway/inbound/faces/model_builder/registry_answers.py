"""Model Builder's words for what the registry keeps: those of MLflow."""

from collections.abc import Mapping
from typing import Final

from libs.chassis.errors import InvalidError
from libs.contracts.names import did_you_mean, listed
from libs.contracts.texts import METRICS, TextManifest
from modelbourse.answers.builder import registry as answers
from services.gateway.domain.registry.gate import Finding
from services.gateway.domain.registry.history import Refusal, Transition
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.ports import ListedVersion
from services.gateway.domain.registry.reference import STAGE_WORDS, address
from services.gateway.domain.registry.reference import stage_of as known_stage
from services.gateway.domain.registry.version import RegisteredVersion, Status
from services.gateway.inbound.faces.model_builder.face import FACE

STAGES: Final[Mapping[Status, answers.Stage]] = {
    Status.REGISTERED: "None",
    Status.STAGING: "Staging",
    Status.PRODUCTION: "Production",
    Status.ARCHIVED: "Archived",
}
NOT_KEPT: Final = "Its training did not write it down."
NO_PARENT: Final = "No version was in production when it was registered."
NO_PRODUCTION: Final = "No version is in production."
REGISTRATION: Final = "It was registered: before, it was nowhere."
NOBODY: Final = "It follows what became of its model elsewhere."
UNREGISTERED: Final = "It was to be registered straight into Production: before, it was nowhere."
NO_MANIFEST: Final = "Its files are no longer in the artifact store."
BASELINE: Final = "It is a baseline: nothing was fine-tuned."
# Between a tag's name and its value, as the platform's tags are words.
IS: Final = "="


def stage_of(word: str, *, field: str = "stage") -> Status:
    """Return the status of a stage in MLflow's words, however they are capitalised. Raise InvalidError."""
    if (found := known_stage(word)) is None:
        problem = f"'{word[:60]}' is not one of {listed(list(STAGE_WORDS))}.{did_you_mean(word, STAGE_WORDS)}"
        raise InvalidError(problem, details={field: [problem]})
    return found


def as_tags(sent: Mapping[str, str]) -> tuple[str, ...]:
    """Return named tags as the platform's words: `asset=crypto`, and the name alone where there is no value."""
    return tuple(f"{name}{IS}{value}" if value else name for name, value in sent.items())


def tags_of(words: tuple[str, ...]) -> dict[str, str]:
    """Return the platform's words as named tags."""
    return {name: value for name, _, value in (word.partition(IS) for word in words)}


def registered_of(name: RegisteredName, number: int) -> answers.BuilderRegistered:
    """Return a version that was registered."""
    version = name.numbered(number)
    return answers.BuilderRegistered(
        model_name=name.name,
        version=number,
        stage=STAGES[version.status],
        model_uri=address(name.name, number),
        registered_at=version.created_at,
        run_id=version.lineage.job_id,
        approval=_approval(version),
    )


def row_of(listed_version: ListedVersion) -> answers.BuilderRegisteredRow:
    """Return a row of a list."""
    name, number, version = listed_version.name, listed_version.number, listed_version.version
    return answers.BuilderRegisteredRow(
        id=f"{name.name}/{number}",
        name=name.name,
        version=str(number),
        stage=STAGES[version.status],
        model_uri=address(name.name, number),
        run_id=version.lineage.job_id,
        description=version.description,
        tags=tags_of(version.tags),
        aliases=_aliases(name, number),
        metrics=_metrics(version),
        registered_at=version.created_at,
        updated_at=version.updated_at,
    )


def name_of(name: RegisteredName) -> answers.BuilderRegisteredName:
    """Return a name."""
    newest = {version.status: version for version in name.versions}
    return answers.BuilderRegisteredName(
        name=name.name,
        versions=len(name.versions),
        latest_versions=[
            answers.BuilderLatest(
                version=newest[status].number,
                stage=word,
                model_uri=address(name.name, newest[status].number),
                run_id=newest[status].lineage.job_id,
            )
            for status, word in STAGES.items()
            if status in newest
        ],
        production=name.production_number,
        aliases=dict(sorted(name.aliases.items())),
        created_at=name.created_at,
        updated_at=name.updated_at,
        reasons={} if name.production else {"production": NO_PRODUCTION},
    )


def info_of(name: RegisteredName, number: int, manifest: TextManifest | None) -> answers.BuilderModelInfo:
    """Return a version, whole; `manifest` is None where its files are gone."""
    version, lineage = name.numbered(number), name.numbered(number).lineage
    kept = {"config_hash": lineage.config_hash, "data_sha256": lineage.data_hash}
    kept |= {"release": lineage.release, "revision": lineage.revision}
    reasons = {f"lineage.{each}": NOT_KEPT for each, value in kept.items() if value is None}
    reasons |= {} if lineage.parent else {"lineage.parent": NO_PARENT}
    if manifest is None:
        reasons |= dict.fromkeys(("backbone", "method", "labels", "max_length", "served_precision", "files"), NO_MANIFEST)
    elif manifest.method is None:
        reasons["method"] = BASELINE
    files = [] if manifest is None else sorted(manifest.files.items())
    return answers.BuilderModelInfo(
        model_name=name.name,
        version=number,
        stage=STAGES[version.status],
        model_uri=address(name.name, number),
        model_id=version.model_id,
        model_version=version.model_version,
        description=version.description,
        tags=tags_of(version.tags),
        metadata=dict(version.metadata),
        aliases=_aliases(name, number),
        approval=_approval(version),
        metrics=_metrics(version),
        backbone=manifest.backbone if manifest else None,
        method=manifest.method if manifest else None,
        labels=list(manifest.labels) if manifest else None,
        max_length=manifest.max_length if manifest else None,
        served_precision=manifest.served_precision if manifest else None,
        files=[answers.BuilderModelFile(name=each, size=file.size, sha256=file.sha256) for each, file in files] if manifest else None,
        lineage=answers.BuilderLineage(
            run_id=lineage.job_id,
            trained_at=lineage.trained_at,
            manifest_sha256=lineage.artifact,
            libraries=dict(lineage.libraries),
            parent=lineage.parent,
            **kept,
        ),
        download_url=f"{FACE.prefix}/registry/models/{name.name}/versions/{number}/download",
        registered_at=version.created_at,
        updated_at=version.updated_at,
        reasons=reasons,
    )


def transitioned_of(name: RegisteredName, number: int, *, before: Status, comment: str) -> answers.BuilderTransitioned:
    """Return a version that was given a stage."""
    version = name.numbered(number)
    return answers.BuilderTransitioned(
        model_name=name.name,
        version=number,
        previous_stage=STAGES[before],
        stage=STAGES[version.status],
        comment=comment,
        updated_at=version.updated_at,
        approval=_approval(version),
    )


def transition_of(change: Transition) -> answers.BuilderTransition:
    """Return a change of a version's stage."""
    reasons = {"by": NOBODY} if change.by is None else {}
    return answers.BuilderTransition(
        at=change.at,
        by=change.by,
        from_stage=None if change.was is None else STAGES[change.was],
        to_stage=STAGES[change.now],
        comment=change.comment,
        reasons=reasons if change.was else {**reasons, "from_stage": REGISTRATION},
    )


def refusal_of(refusal: Refusal) -> answers.BuilderRefusal:
    """Return a stage that a version was refused."""
    nulls = (("by", NOBODY, refusal.by), ("from_stage", UNREGISTERED, refusal.was))
    return answers.BuilderRefusal(
        at=refusal.at,
        by=refusal.by,
        from_stage=None if refusal.was is None else STAGES[refusal.was],
        to_stage=STAGES[refusal.wanted],
        comment=refusal.comment,
        message=refusal.message,
        failing=[_failing_of(each) for each in refusal.failing],
        reasons={name: why for name, why, value in nulls if value is None},
    )


def _failing_of(found: Finding) -> answers.BuilderRefusedRule:
    values = {"wanted": found.needed, "got": found.actual}
    reasons = {name: found.reason for name, value in values.items() if value is None}
    return answers.BuilderRefusedRule(metric=found.rule.metric, op=found.rule.op, **values, reasons=reasons)


def _aliases(name: RegisteredName, number: int) -> list[str]:
    return sorted(alias for alias, of in name.aliases.items() if of == number)


def _approval(version: RegisteredVersion) -> answers.Approval:
    return version.approval.decision.value if version.approval else "none"


def _metrics(version: RegisteredVersion) -> dict[str, float | None]:
    """Return its metrics, the main one first."""
    order = {name: place for place, name in enumerate(METRICS)}
    return dict(sorted(version.metrics.items(), key=lambda each: (order.get(each[0], len(order)), each[0])))
