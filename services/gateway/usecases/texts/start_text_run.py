"""Start a training on texts: what its request names is found first, so that the job knows hashes and no paths."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from libs.chassis.errors import InvalidError
from libs.contracts.envelope import JsonObject
from libs.contracts.ids import is_id
from libs.contracts.job_kinds import JobKind, shown_spec
from libs.contracts.texts import MODEL, LogLevel, TextSpec
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.files.errors import OutputTakenError
from services.gateway.domain.files.paths import check_path
from services.gateway.domain.files.ports import Files
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.jobs.text_size import text_size_bytes
from services.gateway.domain.models.text_checkpoints import Checkpoint, checkpoint_of, newest_in
from services.gateway.domain.models.text_config import read_text_config
from services.gateway.domain.registry.name import NAME, NAME_RULE
from services.gateway.domain.work import Work
from services.gateway.usecases.files.find_files import FindFiles
from services.gateway.usecases.files.find_output import FindOutput, Makes
from services.gateway.usecases.files.keep_file import Room
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.jobs.start_job import Started, StartJob
from services.gateway.usecases.texts.find_texts import FindTexts

RESUME: Final = "resume_from"
# As many as there are of one, about.
FILES: Final = 20
MADE: Final = Makes(
    (f"{MODEL}/special_tokens_map.json", "checkpoint-100000/weights.safetensors"),
    lambda path: re.fullmatch(r"model/.+|report\.html|metrics\.json|[\w-]+\.png", path) is not None,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRun:
    """What is wanted: `config` as it was given, whose settings go over those of the run that it goes on from."""

    data_path: str
    experiment_name: str
    config: Mapping[str, Any]
    output_dir: str | None = None
    resume_from: str | None = None
    log_level: LogLevel = "INFO"


@dataclass(frozen=True, slots=True)
class StartTextRun:
    """The same work twice starts one run."""

    texts: FindTexts
    find: FindFiles
    files: Files
    output: FindOutput
    room: Room
    jobs: Jobs
    start_job: StartJob

    async def __call__(self, run: TextRun, *, caller: Caller, work: Work) -> Started:
        """Return the accepted run.

        Raise InvalidError that names the fields, ExperimentTakenError, ModelArchivedError, OutputTakenError,
        StorageFullError, or what StartJob raises.
        """
        account_id = caller.account_id
        if not NAME.fullmatch(run.experiment_name):
            raise InvalidError(NAME_RULE, details={"experiment_name": [NAME_RULE]})
        checkpoint, before = await self._resumed(run.resume_from, account_id=account_id)
        config = read_text_config(run.config, over=before)
        data = await self.texts(run.data_path, account_id=account_id, form=config.data.format)
        spec = TextSpec(
            data=data,
            config=config,
            experiment_name=run.experiment_name,
            output_dir=await self._output(run.output_dir, account_id=account_id, goes_on=checkpoint),
            resume=dict(checkpoint.files) if checkpoint else {},
            resumed_from=checkpoint.of if checkpoint else None,
            log_level=run.log_level,
        )
        await self.room.check(account_id, tier=caller.tier, more=text_size_bytes(spec), count=FILES)
        return await self.start_job(Order(kind=JobKind.TRAIN_TEXT, spec=spec), caller=caller, work=work)

    async def _output(self, folder: str | None, *, account_id: str, goes_on: Checkpoint | None) -> str:
        """Return where the run's files go: to no folder with a model, and to one with checkpoints only if it goes on from there."""
        plain = await self.output(folder, MADE, account_id=account_id)
        files = await self.files.under(plain, account_id=account_id) if plain else ()
        there = {file.path.removeprefix(f"{plain}/"): file for file in files}
        if any(path.startswith(f"{MODEL}/") for path in there):
            raise OutputTakenError(plain)
        if (left := newest_in(there)) is not None:
            makers = {str(file.made_by) for file in left[1].values()}
            of = goes_on.of if goes_on else ""
            if not of.startswith(f"{plain}/") and of.partition(" ")[0] not in makers:
                raise OutputTakenError(plain, holds=f"{plain}/{left[0]}")
        return plain

    async def _resumed(self, resume_from: str | None, *, account_id: str) -> tuple[Checkpoint | None, JsonObject]:
        """Return the checkpoint, and the configuration of the run that left it where that is known. Raise InvalidError."""
        if not resume_from:
            return None, {}
        if is_id(resume_from, prefix="job"):
            job = await self._run(resume_from, account_id=account_id)
            if (found := checkpoint_of(job)) is None:
                why = f"{job.id} has left no checkpoint: it has not come to the end of an epoch."
                raise _refused(why)
            return found, _config_of(job)
        path = check_path(resume_from, RESUME)
        files = await self.find.folder(path, field=RESUME, account_id=account_id)
        inner = newest_in(files)
        name, taken = (f"{path}/{inner[0]}", inner[1]) if inner else (path, dict(files))
        if newest_in({f"{name.rpartition('/')[2]}/{each}": each for each in taken}) is None:
            why = f"'{path}' is no checkpoint: name a folder checkpoint-<epoch>, or the output_dir that has some."
            raise _refused(why)
        return Checkpoint(taken, name), await self._config_behind(name, account_id=account_id)

    async def _config_behind(self, folder: str, *, account_id: str) -> JsonObject:
        made_by = {file.made_by for file in await self.files.under(folder, account_id=account_id)} - {None}
        if len(made_by) != 1:
            return {}  # It was sent, or put together by hand.
        try:
            return _config_of(await self._run(str(made_by.pop()), account_id=account_id))
        except InvalidError:
            return {}

    async def _run(self, job_id: str, *, account_id: str) -> Job:
        try:
            return await self.jobs.get(job_id, account_id=account_id, kind=JobKind.TRAIN_TEXT)
        except JobNotFoundError as error:
            raise _refused(error.message) from error


def _config_of(job: Job) -> JsonObject:
    return shown_spec(TextSpec, job.spec).config.model_dump(mode="json", exclude_unset=True)


def _refused(why: str) -> InvalidError:
    return InvalidError(why, details={RESUME: [why]})
