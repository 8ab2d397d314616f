"""Register what a training on texts has made, as it lies in the account's data root, under a name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NoReturn

from pydantic import JsonValue

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from libs.contracts.ids import is_id
from libs.contracts.job_kinds import JobKind, shown_spec
from libs.contracts.texts import MANIFEST, MODEL, TEXT, TextSpec
from libs.contracts.training import Artifact
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.errors import WrongStateError
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Models
from services.gateway.domain.models.version import ModelVersion
from services.gateway.domain.registry.errors import RegisteredElsewhereError
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.version import Status
from services.gateway.domain.work import Work
from services.gateway.usecases.files.find_files import FindFiles
from services.gateway.usecases.registry.promote_version import PromoteVersion
from services.gateway.usecases.registry.register_version import NewVersion, RegisterVersion

RUNS: Final = "runs:/"
PATH, RUN = "model_path", "run_id"


class NoModelYetError(WrongStateError):
    """A run that has made no model, or none any more."""

    def __init__(self, run_id: str, *, state: str) -> None:
        super().__init__(f"{run_id} has made no model: it is {state}.", noun="job", state=state)


class RunEndingError(PlatformError, kind=ErrorKind.CONFLICT, worth_retrying=True):
    """A run whose model is there already, and whose end is not: that is written a moment later."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"{run_id} has made its model, and its end is still being written: try again.")


class ExperimentNamedError(PlatformError, kind=ErrorKind.CONFLICT):
    """All versions of an experiment go under one name, so that one at most is in production."""

    def __init__(self, experiment: str, name: str) -> None:
        message = (
            f"The experiment '{experiment}' is registered as '{name}', and all its versions go under one name: "
            "register this one under that, too, or train under another experiment_name."
        )
        super().__init__(message, details={"name": [message]})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """What is to be registered: the folder of a model, and the run that has made it."""

    model_path: str
    run_id: str
    description: str
    status: Status
    tags: tuple[str, ...]
    metadata: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class RegisterRun:
    """A run is a training's job. An id that is no job's is a tracker's own, and the folder says which run has made it."""

    jobs: Jobs
    models: Models
    find: FindFiles
    register: RegisterVersion
    promote: PromoteVersion

    async def __call__(self, name: str, new: NewRun, *, caller: Caller, work: Work) -> tuple[RegisteredName, int]:
        """Return the name and the number of the new version; the same work twice makes one.

        Raise InvalidError for a folder that the run has not made, JobNotFoundError, NoModelYetError, RunEndingError, what RegisterVersion
        raises, or PromotionRefusedError before anything is registered.
        """
        job, model, version = await self._made(new, account_id=caller.account_id)
        result = job.result or {}
        numbers = {
            key: float(value) for key, value in new.metadata.items() if isinstance(value, int | float) and not isinstance(value, bool)
        }
        card = result.get("run_card", {})
        wish = NewVersion(
            model.id,
            version.name,
            new.description,
            new.tags,
            numbers,
            metadata=new.metadata,
            kind=TEXT,
            card={**card, "data_hash": card.get("data_sha256")},
            wanted=new.status,
        )
        try:
            found, registered = await self.register(name, wish, caller=caller, work=work)
        except RegisteredElsewhereError as error:
            raise ExperimentNamedError(model.slug or model.name, error.name) from error
        if registered.status is not new.status:
            found = await self.promote(name, registered.number, new.status, caller=caller)
        return found, registered.number

    async def _made(self, new: NewRun, *, account_id: str) -> tuple[Job, Model, ModelVersion]:
        """Return the run, its experiment and the version that it has made."""
        run_id, folder = await self._found(new, account_id=account_id)
        job = await self.jobs.get(run_id, account_id=account_id, kind=JobKind.TRAIN_TEXT)
        version = None
        if job.model_id is not None:
            model = await self.models.get(job.model_id, account_id=account_id, kind=TEXT)
            version = next((each for each in model.versions if each.job_id == job.id), None)
        if version is None:
            raise NoModelYetError(job.id, state=job.state.value)
        if not job.state.ended:  # The version is written first.
            raise RunEndingError(job.id)
        if folder is not None:
            _check_folder(folder, job, version, model_path=new.model_path)
        return job, model, version

    async def _found(self, new: NewRun, *, account_id: str) -> tuple[str, Mapping[str, Artifact] | None]:
        """Return the run, and the folder's files by name; None where the run itself is named instead of a folder."""
        is_job = is_id(new.run_id, prefix="job")
        if new.run_id.startswith("job_") and not is_job:
            raise JobNotFoundError(new.run_id, noun=f"{JobKind.TRAIN_TEXT.noun} job")
        if new.model_path.startswith(RUNS):
            named = new.model_path.removeprefix(RUNS).rstrip("/")
            if not is_job or named != f"{new.run_id}/{MODEL}":
                _refuse(PATH, f"Must be a folder of your data root, or '{RUNS}<run_id>/{MODEL}' of the job in run_id.")
            return new.run_id, None
        folder = new.model_path.rstrip("/")
        files = await self.find.folder(folder, field=PATH, account_id=account_id)
        if MANIFEST not in files:
            _refuse(PATH, f"'{folder}' is no folder of a trained model: there is no {MANIFEST} in it.")
        if is_job:
            return new.run_id, files
        file = await self.find.file(f"{folder}/{MANIFEST}", field=PATH, account_id=account_id)
        if file.made_by is None:
            _refuse(PATH, f"No training here has made '{new.model_path}': it was sent. Name the job in run_id if one has.")
        return file.made_by, files


def _check_folder(files: Mapping[str, Artifact], job: Job, version: ModelVersion, *, model_path: str) -> None:
    """Raise InvalidError for a folder that is not, file by file, what a run has made."""
    made = {name: each["sha256"] for name, each in (job.result or {}).get("files", {}).items() if name.startswith(f"{MODEL}/")}
    wanted = {name.removeprefix(f"{MODEL}/"): sha256 for name, sha256 in made.items()}
    if files[MANIFEST].sha256 != version.artifact:
        place = f"{shown_spec(TextSpec, job.spec).output_dir}/{MODEL}"
        _refuse(PATH, f"'{model_path}' is not what {job.id} has made: its model was written to '{place}'.")
    if changed := [name for name, sha256 in wanted.items() if name not in files or files[name].sha256 != sha256]:
        what = f"{', '.join(sorted(changed))} {'is' if len(changed) == 1 else 'are'} gone or changed"
        _refuse(PATH, f"'{model_path}' is no longer what {job.id} has made: {what}. Name '{RUNS}{job.id}/{MODEL}' to register that.")


def _refuse(field: str, why: str) -> NoReturn:
    raise InvalidError(why, details={field: [why]})
