"""Watch models in production: each turn is taken by one gateway, and starts one snapshot or says why it does not."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from libs.chassis.errors import PlatformError
from libs.chassis.logs import log
from libs.contracts.gateway import ModelDeleted, ModelStaged, Stage
from libs.contracts.model_monitoring import MarketSubject, ModelDrifted, ModelRecovered
from services.gateway.domain.accounts.account import Account
from services.gateway.domain.accounts.caller import Caller, scopes_of
from services.gateway.domain.accounts.ports import Accounts
from services.gateway.domain.errors import AccountSuspendedError
from services.gateway.domain.models.errors import ModelArchivedError, ModelNotFoundError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Clock, Models
from services.gateway.domain.monitoring.errors import SnapshotNotDoneYetError, SnapshotNotFoundError
from services.gateway.domain.monitoring.ports import Snapshots, Watches
from services.gateway.domain.monitoring.rules import BY_DEFAULT
from services.gateway.domain.monitoring.snapshot import SnapshotStatus
from services.gateway.domain.monitoring.watch import Look, LookOutcome, Watch, aged, followed
from services.gateway.domain.work import Work
from services.gateway.usecases.models.try_again import try_again
from services.gateway.usecases.monitoring.ask_snapshot import AskSnapshot, SnapshotAsked

# How long a turn is one gateway's: one that dies with it is taken by another after that.
LEASE: Final = timedelta(minutes=2)
TURNS_MOST: Final = 200
NOTHING_NEW: Final = "There are neither rows nor labels that the last snapshot has not seen."

NO_ROWS: Final = "The model does not learn from candles, and its rules name no rows of now (`data`)."


class OfModels(Protocol):
    """What keeps something of models."""

    async def forget_model(self, model_id: str) -> None:
        """Remove what is kept of a model; the second time there is nothing."""


def is_in_production(model: Model) -> bool:
    """Tell whether a version of a model is in production."""
    return any(version.stage is Stage.PRODUCTION for version in model.versions)


@dataclass(frozen=True, slots=True)
class WatchModels:
    """A snapshot begun by a turn has an id that the turn gives it: a turn that was cut off and is taken again starts it once.

    `holder` names this process among those that take turns, `every` is how often where a model's rules do not say; None for never.
    """

    models: Models
    watches: Watches
    accounts: Accounts
    snapshots: Snapshots
    ask: AskSnapshot
    kept: Sequence[OfModels]
    clock: Clock
    holder: str
    every: timedelta | None

    async def __call__(self) -> int:
        """See to what is due; return how many snapshots were started. Raise UnavailableError."""
        started = 0
        for _ in range(TURNS_MOST):
            at = self.clock()
            watch = await self.watches.take(holder=self.holder, at=at, until=at + LEASE)
            if watch is None:
                break
            try:
                started += await self._turn(watch, at=at)
            except PlatformError as error:
                if not error.worth_retrying:
                    raise
                # The lease stays: the turn comes again when its time is over.
                log().warning("a model was not looked at for now", model_id=watch.model_id, error=f"{type(error).__name__}: {error}"[:200])
            else:
                await self.watches.end(watch.model_id, holder=self.holder)
        return started

    async def staged(self, event: ModelStaged) -> None:
        """Watch a model from when one of its versions is in production, and no more when none is; twice is once."""

        async def follow() -> None:
            watch = await self.watches.get(event.model_id, account_id=event.account_id)
            try:
                model = await self.models.get(event.model_id, account_id=event.account_id, kind=None)
            except ModelNotFoundError:
                return
            wanted = is_in_production(model)
            if wanted is not watch.in_production:
                after, told = followed(watch, in_production=wanted, default=self.every, at=self.clock())
                await self.watches.save(after, *told)

        await try_again(event.model_id, follow)

    async def deleted(self, event: ModelDeleted) -> None:
        """Forget all that was seen of a model."""
        for each in self.kept:
            await each.forget_model(event.model_id)

    async def told(self, event: ModelDrifted | ModelRecovered) -> None:
        """Let an event wait until the snapshot that it is about is done: who is told of alerts, and asks, sees what has found them.

        Alerts are written a moment before it is. One that is not kept any more keeps nobody waiting. Raise SnapshotNotDoneYetError.
        """
        with suppress(SnapshotNotFoundError):
            found = await self.snapshots.get(event.snapshot_id, model_id=event.model_id, account_id=event.account_id)
            if found.status is SnapshotStatus.COMPUTING:
                raise SnapshotNotDoneYetError(event.snapshot_id)

    async def _turn(self, watch: Watch, *, at: datetime) -> int:
        """Return how many snapshots were started: one or none."""
        try:
            model = await self.models.get(watch.model_id, account_id=watch.account_id, kind=None)
        except ModelNotFoundError:
            for each in self.kept:  # It was deleted, and the event that tells of it came before this was written.
                await each.forget_model(watch.model_id)
            return 0
        if not is_in_production(model) or watch.rules.every(self.every) is None:
            await self._stay_away(watch)
            return 0
        account = await self.accounts.get(model.account_id)
        try:
            last = await self._look(model, watch, account, at=at)
        except PlatformError as error:
            if error.worth_retrying:
                raise
            last = Look(at, LookOutcome.REFUSED, error.message)
        await self._note(watch, last, version=model.serving.name)
        return int(last.outcome is LookOutcome.STARTED)

    async def _look(self, model: Model, watch: Watch, account: Account, *, at: datetime) -> Look:
        if account.suspended_at is not None:
            raise AccountSuspendedError
        if model.is_archived:
            raise ModelArchivedError
        spec = await self.ask.spec(model, watch, asked=SnapshotAsked(), unasked=watch.rules.schedule == BY_DEFAULT)
        if not isinstance(spec.subject, MarketSubject) and spec.subject.current is None:
            return Look(at, LookOutcome.SKIPPED, NO_ROWS)
        reads = await self.ask.reads(spec, account_id=account.id)
        if watch.last is not None and watch.last.reads == reads:
            return Look(at, LookOutcome.SKIPPED, NOTHING_NEW)
        due = watch.next_at or at
        work = Work(f"monitor|{model.id}|{due.isoformat()}", int(due.timestamp() * 1000))
        caller = Caller(account.id, account.username, account.role, account.tier, scopes_of(account.role), credential="schedule")
        job = await self.ask.begin(model, spec, caller=caller, work=work)
        return Look(at, LookOutcome.STARTED, f"{job.id} is at work.", job.id, reads)

    async def _stay_away(self, watch: Watch) -> None:
        """Write down that the model has no turn, unless it has one by now."""

        async def note() -> None:
            found = await self.watches.get(watch.model_id, account_id=watch.account_id)
            # Read after it: a stage that is given meanwhile changes what was read first, and this is made again.
            model = await self.models.get(watch.model_id, account_id=watch.account_id, kind=None)
            after, told = followed(found, in_production=is_in_production(model), default=self.every, at=self.clock())
            await self.watches.save(after, *told)

        with suppress(ModelNotFoundError):
            await try_again(watch.model_id, note)

    async def _note(self, watch: Watch, last: Look, *, version: str) -> None:
        """Write down what came of a turn."""
        at = self.clock()

        async def note() -> None:
            found = await self.watches.get(watch.model_id, account_id=watch.account_id)
            older, told = aged(found, version=version, at=at) if last.outcome is LookOutcome.SKIPPED else (found, [])
            looked = older.looked(last, default=self.every)
            if last.job_id is not None and await self._has_failed(last.job_id, account_id=watch.account_id):
                looked = looked.unseen(last.job_id)
            await self.watches.save(looked, *told)

        await try_again(watch.model_id, note)

    async def _has_failed(self, job_id: str, *, account_id: str) -> bool:
        """Tell whether a job has taken no snapshot: it may have ended already, the sooner where its turn was cut off and is taken again."""
        with suppress(SnapshotNotFoundError):
            return (await self.snapshots.of_job(job_id, account_id=account_id)).status is SnapshotStatus.FAILED
        return False
