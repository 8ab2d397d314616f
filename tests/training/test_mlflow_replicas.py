"""Two training services that show names of the registry in MLflow: each is told of by one of them at a time."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from libs.chassis.stores.artifacts import Artifacts
from services.training.domain.mirrored import MirroredName, MirroredRun
from services.training.outbound.mirrored_jobs_mongo import MirroredJobsMongo
from services.training.outbound.mirrored_names_mongo import MirroredNamesMongo
from services.training.usecases.mirror_jobs import MirrorJobs
from tests.training.conftest import Story
from tests.training.test_mlflow import name_with


class Slow:
    """A tracker that is told of a name while another replica looks for what is due, or another event of it comes."""

    def __init__(self, told: list[tuple[str, int]]) -> None:
        self.told = told
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def write(self, run: MirroredRun, *, files: Path) -> None:
        raise AssertionError(run, files)

    async def write_name(self, name: MirroredName) -> None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            await meanwhile()
        self.told.append((name.id, name.sequence))


async def test_a_name_is_told_of_by_one_replica_at_a_time_and_what_is_told_meanwhile_follows(story: Story, tmp_path: Path) -> None:
    names, jobs, told = MirroredNamesMongo(story.database), MirroredJobsMongo(story.database), list[tuple[str, int]]()
    await names.prepare()
    await jobs.prepare()
    one, other = Slow(told), Slow(told)
    mirrors = [
        MirrorJobs(jobs, names, mirror, Artifacts(tmp_path.as_uri()), f"training-{each}") for each, mirror in enumerate((one, other))
    ]
    await names.note(name_with([], production=None, aliases={}, sequence=1))

    async def meanwhile() -> None:
        await mirrors[1]()
        await names.note(name_with([], production=None, aliases={}, sequence=2))
        await mirrors[1]()

    one.meanwhile = meanwhile
    await mirrors[0]()
    await mirrors[1]()

    assert told == [("registry_000001", 1), ("registry_000001", 2)]
