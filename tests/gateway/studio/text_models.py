"""Models of texts in a world, kept as their trainings keep them."""

from dataclasses import replace
from decimal import Decimal

from libs.contracts.envelope import now
from libs.contracts.gateway import ModelStaged, Stage
from libs.contracts.ids import new_id
from libs.contracts.job_kinds import JobKind
from libs.contracts.registry import RegistryChanged
from libs.contracts.texts import TextData, TextSpec
from libs.contracts.training import Artifact, JobState, Priority
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.models.model import Build, Model
from services.gateway.domain.models.version import ModelVersion
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.version import Lineage, RegisteredVersion, Status
from tests.gateway.studio.world import User, World

SHA = "ab" * 32


async def text_model(world: World, user: User, *, name: str = "news", versions: int = 1, artifact: str | None = None) -> Model:
    """Return a model of texts with so many versions, `1.0` and on; each has another artifact, where none is given."""
    spec = TextSpec(data=TextData(path="news.csv", artifact=Artifact(uri="memory", sha256=SHA, size=1)), experiment_name=name)
    made = tuple(
        ModelVersion(f"1.{number}", new_id("job"), artifact or f"{number:064d}", now(), spec, {"macro_f1": 0.8}, stage=Stage.NONE)
        for number in range(versions)
    )
    model = Model(new_id("model"), user.account_id, name, "", spec, created_at=now(), updated_at=now(), slug=name)
    model = replace(model, build=Build.READY, trainings=versions, ended_to=versions - 1, versions=made)
    event = ModelStaged(sequence=1, model_id=model.id, account_id=user.account_id, serving=made[-1].name, versions=())
    await world.gateway.platform.models.add(model, event, most=100)
    for version in made:
        await world.gateway.platform.jobs.add(_ended_run(model, version), event)
    return model


async def registered(world: World, model: Model, name: str) -> None:
    """Register all versions of a model under a name, the first one in production."""
    made = [
        RegisteredVersion(
            number=version.number + 1,
            model_id=model.id,
            model_version=version.name,
            created_at=now(),
            updated_at=now(),
            lineage=Lineage(version.job_id, version.artifact, now(), None, None, None, {}, {}, None),
            metrics={},
            status=Status.PRODUCTION if version.number == 0 else Status.REGISTERED,
        )
        for version in model.versions
    ]
    kept = RegisteredName(new_id("registry"), model.account_id, name, now(), now(), tuple(made), aliases={"newest": len(made)}, sequence=1)
    event = RegistryChanged(
        sequence=1, registry_id=kept.id, account_id=model.account_id, name=name, changed=(), production=1, aliases=dict(kept.aliases)
    )
    await world.gateway.platform.registry.names.add(kept, event, most=100)


def _ended_run(model: Model, version: ModelVersion) -> Job:
    return Job(
        id=version.job_id,
        kind=JobKind.TRAIN_TEXT,
        account_id=model.account_id,
        name=model.name,
        priority=Priority.NORMAL,
        created_at=version.made_at,
        reserved_hours=Decimal(0),
        state=JobState.SUCCEEDED,
        model_id=model.id,
        model_version=version.name,
        spec=version.spec.model_dump(mode="json"),
    )
