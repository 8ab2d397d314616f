"""Check the texts that a request names, and report on them: a job that is waited for a little."""

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

from libs.chassis.errors import InvalidError
from libs.contracts.job_kinds import JobKind
from libs.contracts.text_checks import CheckTextsSpec
from libs.contracts.text_config import DataFormat
from libs.contracts.texts import NamedFile
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.files.paths import check_path
from services.gateway.domain.files.ports import Files
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.work import Work
from services.gateway.usecases.files.keep_file import Room
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.jobs.start_job import StartJob
from services.gateway.usecases.jobs.stop_job import StopJob
from services.gateway.usecases.jobs.wait_for_job import WaitForJob
from services.gateway.usecases.texts.find_texts import FindTexts

OUTPUT: Final = "output_path"
PAGE: Final = (".html", ".htm")
REPORTS: Final = "reports"
HERE: Final = "."
"""The data root itself as an `output_dir`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAsked:
    """What is checked; `about` are the fields of the spec that a request may set besides."""

    data_path: str
    format: DataFormat | None = None
    about: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CheckTexts:
    """The same work twice starts one job."""

    texts: FindTexts
    files: Files
    room: Room
    jobs: Jobs
    start: StartJob
    wait: WaitForJob
    stop: StopJob

    async def __call__(self, asked: CheckAsked, *, caller: Caller, work: Work) -> Job:
        """Check; return the job as it stands after a little. Raise InvalidError that names the field, or what StartJob raises."""
        return await self._run(await self._spec(asked, caller=caller), name="Check", caller=caller, work=work)

    async def report(self, asked: CheckAsked, *, output_path: str | None, caller: Caller, work: Work) -> Job:
        """Check, and write a report; raise as a check does, and StorageFullError."""
        path = _page(output_path, data_path=asked.data_path)
        if (other := await self.files.blocks(path, account_id=caller.account_id)) is not None:
            why = f"'{path}' cannot be a file beside '{other}': what is a file is no folder."
            raise InvalidError(why, details={OUTPUT: [why]})
        await self.room.check(caller.account_id, tier=caller.tier)
        folder, _, name = path.rpartition("/")
        spec = await self._spec(asked, caller=caller)
        placed = spec.model_copy(update={"output_dir": folder or HERE, "report": name})
        return await self._run(placed, name="Report", caller=caller, work=work)

    async def get(self, job_id: str, *, account_id: str) -> Job:
        """Return a check, or a report, which is one, too. Raise JobNotFoundError."""
        return await self.jobs.get(job_id, account_id=account_id, kind=JobKind.CHECK_TEXTS)

    async def cancel(self, job_id: str, *, account_id: str) -> Job:
        """End a check, or a report, that waits or runs. Raise JobNotFoundError or JobEndedError, or what StopJob raises."""
        return await self.stop(job_id, account_id=account_id, kind=JobKind.CHECK_TEXTS)

    async def get_report(self, job_id: str, *, account_id: str) -> Job:
        """Return a report. Raise JobNotFoundError, for a check without one, too."""
        job = await self.get(job_id, account_id=account_id)
        if not (job.spec or {}).get("report"):
            raise JobNotFoundError(job_id, noun="report")
        return job

    async def _spec(self, asked: CheckAsked, *, caller: Caller) -> CheckTextsSpec:
        data = await self.texts(asked.data_path, account_id=caller.account_id, form=asked.format)
        return CheckTextsSpec(data=NamedFile(path=data.path, artifact=data.artifact), format=data.format, **asked.about)

    async def _run(self, spec: CheckTextsSpec, *, name: str, caller: Caller, work: Work) -> Job:
        order = Order(kind=JobKind.CHECK_TEXTS, spec=spec, name=f"{name} of {spec.data.path}"[:200])
        return await self.wait((await self.start(order, caller=caller, work=work)).job)


def _page(output_path: str | None, *, data_path: str) -> str:
    """Return where a report goes: as it was asked, else under `reports` by the data's name. Raise InvalidError."""
    if output_path is None:
        stem = PurePosixPath(data_path.replace(":", "_").rstrip("/")).stem or "data"
        return f"{REPORTS}/{stem}.html"
    path = check_path(output_path, OUTPUT)
    if not path.lower().endswith(PAGE):
        why = f"The report is an HTML page: its name ends in .html, and '{path}' does not."
        raise InvalidError(why, details={OUTPUT: [why]})
    return path
