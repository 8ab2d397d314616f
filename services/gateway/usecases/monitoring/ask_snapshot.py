"""Ask for a snapshot of a model: what is to be read is found first, so that the job knows hashes and no paths."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from libs.chassis.errors import InvalidError
from libs.contracts.envelope import JsonObject
from libs.contracts.job_kinds import JobKind
from libs.contracts.model_monitoring import MarketSubject, MonitorSpec, RecipeSubject, Subject, TextSubject, Window
from libs.contracts.recipe_runs import RecipeModelSpec
from libs.contracts.retraining import duration_of
from libs.contracts.texts import NamedFile, TextSpec
from libs.contracts.training import Artifact, TrainingSpec
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.files.ports import FileBytes
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.models.errors import ModelNotFoundError, ResultNotKeptError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Clock, Models, Results
from services.gateway.domain.models.version import ModelVersion
from services.gateway.domain.monitoring.errors import NothingToComputeError
from services.gateway.domain.monitoring.labels import labels_as_csv
from services.gateway.domain.monitoring.ports import Labels, Watches
from services.gateway.domain.monitoring.rules import MonitoringRules
from services.gateway.domain.monitoring.snapshot import PREFIX
from services.gateway.domain.monitoring.watch import Watch
from services.gateway.domain.work import Work
from services.gateway.usecases.files.find_files import FindFiles
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.jobs.start_job import StartJob
from services.gateway.usecases.recipes.find_rows import FindRows
from services.gateway.usecases.recipes.sent_rows import SENT, find_sent_rows
from services.gateway.usecases.texts.find_texts import FindTexts

NOT_OF_CANDLES: Final = "The model learns from candles: its current rows are those of its symbols, and no file is read."
# What says when and for whom, and not what is read.
NOT_READ: Final = frozenset({"snapshot_id", "window", "by_rules", "unasked", "told"})
NO_SPAN: Final = "The window ends before it begins, or as it does: no row can be in it."


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotAsked:
    """What is wanted beside the model's rules: other rows, other labels, another version than the one that serves."""

    window: Window | None = None
    data: str | None = None
    labels: str | None = None
    version: str | None = None

    @property
    def by_rules(self) -> bool:
        """Whether rows and labels are those of the model's rules."""
        return self.window is None and self.data is None and self.labels is None

    def check(self) -> None:
        """Raise InvalidError for a window that no row can be in."""
        window = self.window
        if window is not None and window.start is not None and window.end is not None and window.start >= window.end:
            raise InvalidError(NO_SPAN, details={"window.end": [NO_SPAN]})


@dataclass(frozen=True, slots=True)
class AskSnapshot:
    """The same work twice starts one job, and is one snapshot."""

    models: Models
    results: Results
    jobs: Jobs
    texts: FindTexts
    rows: FindRows
    files: FindFiles
    labels: Labels
    content: FileBytes
    watches: Watches
    start: StartJob
    clock: Clock

    async def __call__(self, model_id: str, asked: SnapshotAsked, *, caller: Caller, work: Work) -> Job:
        """Return the accepted job, whose spec has the snapshot's id.

        Raise ModelNotFoundError, ModelNotTrainedError, VersionNotFoundError, InvalidError that names the field, or what StartJob raises.
        """
        model = await self.models.get(model_id, account_id=caller.account_id, kind=None)
        watch = await self.watches.get(model_id, account_id=caller.account_id)
        return await self.begin(model, await self.spec(model, watch, asked=asked), caller=caller, work=work)

    async def begin(self, model: Model, spec: MonitorSpec, *, caller: Caller, work: Work) -> Job:
        """Return the accepted job of a spec. Raise what StartJob raises."""
        named = spec.model_copy(update={"snapshot_id": work.new_id(PREFIX)})
        order = Order(
            kind=JobKind.MONITOR_MODEL, spec=named, name=f"Snapshot of {model.name}"[:200], model_id=model.id, unasked=spec.unasked
        )
        return (await self.start(order, caller=caller, work=work)).job

    async def spec(self, model: Model, watch: Watch, *, asked: SnapshotAsked, unasked: bool = False) -> MonitorSpec:
        """Return what a job would be asked, for a snapshot without an id; `unasked` where nobody has. Raise as a call does."""
        rules = watch.rules
        asked.check()
        version = model.serving if asked.version is None else model.version_named(asked.version)
        if not version.artifact:
            raise NothingToComputeError(version.name)
        subject, importance, metrics = await self._subject(model, version, data=asked.data or rules.data, given=asked.data)
        return MonitorSpec(
            snapshot_id="",
            model_id=model.id,
            version=version.name,
            artifact=version.artifact,
            subject=subject,
            window=asked.window or self._window(rules),
            labels=await self._labels(model, asked.labels or rules.labels),
            importance=dict(importance),
            metrics=dict(metrics),
            thresholds=rules.thresholds,
            min_rows=rules.min_rows,
            by_rules=asked.by_rules,
            unasked=unasked,
            told=watch.open_features,
        )

    async def reads(self, spec: MonitorSpec, *, account_id: str) -> str:
        """Return a digest of what a spec reads: where it is the same as before, another snapshot would say the same."""
        own: list[JsonObject] = []
        if isinstance(spec.subject, MarketSubject):
            known = await self.start.own.newest(account_id)
            training = spec.subject.training
            own = [each.model_dump(mode="json") for each in known.references(training.symbols, timeframe=training.timeframe)]
        whole = spec.model_copy(update={"own": ()}).model_dump_json(exclude=set(NOT_READ))
        return sha256(f"{whole}{own}".encode()).hexdigest()

    def _window(self, rules: MonitoringRules) -> Window:
        return Window() if rules.window is None else Window(start=self.clock() - duration_of(rules.window))

    async def _subject(
        self, model: Model, version: ModelVersion, *, data: str | None, given: str | None
    ) -> tuple[Subject, Mapping[str, float], Mapping[str, float | None]]:
        """Return what is looked at, what its features are worth to it, and what its training measured."""
        spec, account_id = version.spec, model.account_id
        if isinstance(spec, TrainingSpec):
            if given is not None:
                raise InvalidError(NOT_OF_CANDLES, details={"data": [NOT_OF_CANDLES]})
            return await self._market(model, version)
        if isinstance(spec, TextSpec):
            current = None if data is None else await self.texts(data, account_id=account_id, field="data")
            config = spec.config.model_dump(mode="json")
            return TextSubject(reference=spec.data, config=config, current=current), {}, version.metrics
        if isinstance(spec, RecipeModelSpec):
            run, result = await self._run(version, account_id=account_id)
            read = run.get("data")
            reference = None if read is None else NamedFile.model_validate(read)
            rows = await self._current(model, version, data)
            subject = RecipeSubject(family=spec.family, manifest=spec.manifest, reference=reference, current=rows)
            return subject, result.get("importance") or {}, version.metrics
        raise ModelNotFoundError(model.id)

    async def _market(self, model: Model, version: ModelVersion) -> tuple[MarketSubject, Mapping[str, float], Mapping[str, float | None]]:
        card: Mapping[str, Any] = {}
        importance: Mapping[str, float] = {}
        with suppress(ResultNotKeptError):
            served = model.in_service is version
            result = model.result if served and model.result is not None else await self.results.get(model.id, version)
            card, importance = result.run_card, result.feature_importance
        training = version.market.model_copy(update={"incumbent": None})
        moments = {"test_start": card.get("test_opens"), "test_end": card.get("test_closes"), "learned_until": card.get("learned_until")}
        return MarketSubject.model_validate({"training": training, **moments}), importance, version.metrics

    async def _current(self, model: Model, version: ModelVersion, data: str | None) -> NamedFile | None:
        """Return the current rows of a recipe's model: those of a file or data set, or those that it was asked about."""
        if data is None:
            return None
        if data == SENT:
            return await find_sent_rows(model, version, jobs=self.jobs, content=self.content, field="data")
        found = await self.rows.named(data, account_id=model.account_id, field="data")
        return NamedFile(path=found.path, artifact=found.artifact)

    async def _run(self, version: ModelVersion, *, account_id: str) -> tuple[JsonObject, JsonObject]:
        """Return spec and result of the run that made a version; nothing of one that is forgotten."""
        try:
            job = await self.jobs.get(version.job_id, account_id=account_id, kind=None)
        except JobNotFoundError:
            return {}, {}
        return dict(job.spec or {}), dict(job.result or {})

    async def _labels(self, model: Model, path: str | None) -> Artifact | None:
        if path is not None:
            return (await self.files.file(path, field="labels", account_id=model.account_id)).artifact
        sent = await self.labels.newest(model.id)
        return await self.content.put(labels_as_csv(sent)) if sent else None
