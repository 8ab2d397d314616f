"""Have a model of texts exported, or an exported file validated: what a request names is found first, then a job does the work."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, NoReturn

from libs.chassis.errors import InvalidError
from libs.contracts.job_kinds import JobKind
from libs.contracts.names import did_you_mean, listed
from libs.contracts.text_exports import EXPORTED_SUFFIXES, REPORT, ExportFormat, ExportSpec, is_of_bundle
from libs.contracts.texts import MANIFEST, TEXT
from libs.contracts.training import Artifact
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.files.paths import check_path
from services.gateway.domain.files.ports import Files
from services.gateway.domain.jobs.export_price import WEIGHTS, weights_of
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.domain.models.ports import Models
from services.gateway.domain.registry.reference import SCHEME, is_reference
from services.gateway.domain.work import Work
from services.gateway.usecases.files.find_files import FindFiles
from services.gateway.usecases.files.find_output import OUTPUT, FindOutput, Makes
from services.gateway.usecases.files.keep_file import Room
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.jobs.start_job import StartJob
from services.gateway.usecases.jobs.stop_job import StopJob
from services.gateway.usecases.jobs.wait_for_job import WaitForJob
from services.gateway.usecases.registry.find_registered import FindRegistered
from services.gateway.usecases.texts.find_texts import FindTexts

# What a bundle has beside its models, and the models of one that is optimised.
BESIDE: Final = 12
VARIANTS: Final = 3
LONGEST: Final = "triton/" + "n" * 64 + "-torchscript/1/model.pt"
"""A path of what is made, as long as there is any."""
BUNDLE: Final = Makes((MANIFEST, LONGEST), is_of_bundle)
CHECKED: Final = Makes((REPORT,), lambda path: path == REPORT)
_OTHER: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportAsked:
    """What a request asks for, by its own names; `checks` is the name of a file in the folder that is only validated."""

    model_path: str
    formats: tuple[ExportFormat, ...] = ()
    output_dir: str | None = None
    is_validated: bool = True
    optimize: bool = False
    test_data: str | None = None
    text_column: str | None = None
    label_column: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ExportModel:
    """`model_path` is a folder of the data root, or an address in the registry (`models:/name/1`, `models:/name/Production`)."""

    jobs: Jobs
    models: Models
    root: Files
    output: FindOutput
    files: FindFiles
    texts: FindTexts
    room: Room
    registered: FindRegistered
    start: StartJob
    stop: StopJob
    wait: WaitForJob

    async def spec(self, asked: ExportAsked, *, caller: Caller) -> ExportSpec:
        """Return what a job would be asked.

        Raise InvalidError that names the field, what finding a registered version raises, or StorageFullError where there is no room for
        what it would make.
        """
        version, model = await self._model(asked.model_path, account_id=caller.account_id)
        spec = ExportSpec(model_path=asked.model_path, model=dict(model), version=version)
        variants = len(asked.formats) * (VARIANTS if asked.optimize else 1)
        await self.room.check(caller.account_id, tier=caller.tier, more=weights_of(spec) * variants, count=BESIDE + variants)
        return await self._spec(asked, spec, caller=caller)

    async def check_spec(self, asked: ExportAsked, *, caller: Caller) -> ExportSpec:
        """Return what a job would be asked that validates one exported file, beside which its bundle or its model lies. Raise as `spec`."""
        path = PurePosixPath(check_path(asked.model_path, "model_path"))
        if path.suffix not in EXPORTED_SUFFIXES:
            endings = " or ".join(EXPORTED_SUFFIXES)
            _refuse(f"'{path}' is no exported model: name its file, which ends in {endings}, such as models/exported/model.onnx.")
        file = await self.files.file(str(path), field="model_path", account_id=caller.account_id)
        if path.suffix == ".pt" and file.made_by is None:
            why = "TorchScript files are programs, so only those that were exported here are opened here."
            _refuse(f"{why} Validate this one on your own machine: `sentiment-validate --local`.")
        folder = str(path.parent) if path.parent.name else ""
        # What was looked at is what is opened, also where its owner sends another file to this path meanwhile.
        beside = {**await self._beside(folder, path, account_id=caller.account_id), path.name: file.artifact}
        await self.room.check(caller.account_id, tier=caller.tier)
        spec = ExportSpec(model_path=str(path), model=beside, checks=path.name, is_ours=file.made_by is not None)
        return await self._spec(asked, spec, caller=caller)

    async def __call__(self, spec: ExportSpec, *, caller: Caller, work: Work, kind: JobKind) -> Job:
        """Start the job and return it as it stands after a little; raise as StartJob does."""
        about = "Validation" if spec.checks else "Export"
        order = Order(kind=kind, spec=spec, name=f"{about} of {spec.model_path}"[:200])
        return await self.wait((await self.start(order, caller=caller, work=work)).job)

    async def _spec(self, asked: ExportAsked, spec: ExportSpec, *, caller: Caller) -> ExportSpec:
        test_data = None
        if asked.test_data is not None:
            test_data = await self.texts(asked.test_data, account_id=caller.account_id, field="test_data")
        more = {
            "formats": asked.formats,
            "is_validated": asked.is_validated,
            "optimize": asked.optimize,
            "test_data": test_data,
            "text_column": asked.text_column,
            "label_column": asked.label_column,
            "name": asked.name or _name_of(asked.model_path),
            "output_dir": await self._output(asked.output_dir, CHECKED if spec.checks else BUNDLE, account_id=caller.account_id),
        }
        return spec.model_copy(update=more)

    async def _output(self, folder: str | None, makes: Makes, *, account_id: str) -> str:
        """Return where the files go; what an earlier export has left there is replaced. Raise InvalidError (`output_dir`)."""
        plain = check_path(folder, OUTPUT) if folder else ""
        if plain and any(file.path == f"{plain}/{WEIGHTS}" for file in await self.root.under(plain, account_id=account_id)):
            why = f"'{plain}' holds a trained model, whose files would be replaced: name another folder."
            raise InvalidError(why, details={OUTPUT: [why]})
        return await self.output(plain, makes, account_id=account_id)

    async def _model(self, path: str, *, account_id: str) -> tuple[str | None, Mapping[str, Artifact]]:
        """Return the sha256 of a version's manifest, or a folder's files by name in it."""
        if is_reference(path):
            return await self._version(path, account_id=account_id), {}
        files = await self.files.folder(path, field="model_path", account_id=account_id)
        if MANIFEST not in files:
            inside = {name.partition("/")[0] for name in files if name.endswith(f"/{MANIFEST}")}
            near = f" Did you mean '{path.rstrip('/')}/{min(inside)}'?" if inside else f" It has {listed(sorted(files))}."
            _refuse(f"'{path}' is no trained model: it has no {MANIFEST}.{near}")
        return None, {name: artifact for name, artifact in files.items() if "/" not in name}

    async def _version(self, path: str, *, account_id: str) -> str:
        found = await self.registered(path, account_id=account_id, field="model_path")
        try:
            model = await self.models.get(found.model_id, account_id=account_id, kind=TEXT)
        except ModelNotFoundError:
            _refuse(f"{path} is no model of texts: only those can be exported.")
        return model.version_named(found.model_version).artifact

    async def _beside(self, folder: str, path: PurePosixPath, *, account_id: str) -> dict[str, Artifact]:
        """Return the files of an exported file's folder; in Triton's repository those of the bundle around it, too."""
        files = await self.files.folder(folder, field="model_path", account_id=account_id) if folder else {}
        beside = {name: artifact for name, artifact in files.items() if "/" not in name}
        if MANIFEST not in beside and path.parent.name == "1" and "triton" in path.parts[:-3]:
            around = str(PurePosixPath(*path.parts[: path.parts.index("triton")]))
            bundle = await self.files.folder(around, field="model_path", account_id=account_id)
            beside |= {name: artifact for name, artifact in bundle.items() if "/" not in name and name != path.name}
        if MANIFEST not in beside:
            near = did_you_mean(MANIFEST, beside)
            _refuse(f"There is no {MANIFEST} beside '{path}': put the file back into its bundle.{near}")
        return beside


def _name_of(path: str) -> str:
    """Return what a model is called in Triton's repository: its registered name, or that of its run."""
    parts = [part for part in path.removeprefix(SCHEME).split("/") if part not in {"model", ".", ""}]
    chosen = (parts[0] if path.startswith(SCHEME) else parts[-1]) if parts else ""
    return _OTHER.sub("_", chosen.lower()).strip("_")[:64] or "sentiment"


def _refuse(message: str) -> NoReturn:
    raise InvalidError(message, details={"model_path": [message]})
