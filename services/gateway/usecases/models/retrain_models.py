"""Retrain models whose schedule has a turn: each turn is taken by one gateway, and starts one training or says why it does not."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from libs.chassis.errors import PlatformError
from libs.chassis.logs import log
from libs.contracts.gateway import RetrainingSkipped
from libs.contracts.job_kinds import JobKind
from services.gateway.domain.accounts.account import Account
from services.gateway.domain.accounts.caller import Caller, scopes_of
from services.gateway.domain.accounts.ports import Accounts
from services.gateway.domain.errors import AccountSuspendedError
from services.gateway.domain.jobs.job import model_of
from services.gateway.domain.models.errors import ModelArchivedError, ModelBusyError, ModelNotFoundError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Clock, Models, RetrainTurns
from services.gateway.domain.models.retraining import NO_NEW_CANDLES, is_due, scheduled, turned, why_nothing_new
from services.gateway.domain.models.schedule import LastTurn, TurnOutcome, retrain_of
from services.gateway.domain.models.version import number_of
from services.gateway.domain.work import Work
from services.gateway.usecases.datasets.find_own import FindOwn
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.jobs.start_job import StartJob
from services.gateway.usecases.models.try_again import try_again

# How long a turn is one gateway's: one that dies with it is taken by another after that.
LEASE: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class RetrainModels:
    """A training begun by a turn has an id that the turn gives it: a turn that was cut off and is taken again starts it once.

    `holder` names this process among those that take turns.
    """

    models: Models
    turns: RetrainTurns
    accounts: Accounts
    own: FindOwn
    start: StartJob
    clock: Clock
    holder: str

    async def __call__(self) -> bool:
        """See to the model that has been due longest; False when none is. Raise UnavailableError."""
        at = self.clock()
        model = await self.turns.take(holder=self.holder, at=at, until=at + LEASE)
        if model is None:
            return False
        try:
            await self._turn(model, at=at)
        except PlatformError as error:
            if not error.worth_retrying:
                raise
            # The lease stays: the turn comes again when its time is over.
            log().warning("a model was not retrained for now", model_id=model.id, error=f"{type(error).__name__}: {error}"[:200])
        else:
            await self.turns.end(model.id, holder=self.holder)
        return True

    async def _turn(self, model: Model, *, at: datetime) -> None:
        if retrain_of(model.market.training_config) is None or not is_due(model, at=at):
            await self._reschedule(model)
            return
        account = await self.accounts.get(model.account_id)
        try:
            if account.suspended_at is not None:
                raise AccountSuspendedError  # refused as all else is
            why = why_nothing_new(model, own=await self.own.newest(account.id))
            if why is None:
                await self._begin(model, account, at=at)
                return
        except (ModelBusyError, ModelNotFoundError, ModelArchivedError):
            return  # Its owner was faster: the schedule goes on from there.
        except PlatformError as error:
            if error.worth_retrying:
                raise
            await self._pass_over(model, LastTurn(at, TurnOutcome.REFUSED, error.message), code=error.code)
        else:
            await self._pass_over(model, LastTurn(at, TurnOutcome.SKIPPED, why), code=NO_NEW_CANDLES)

    async def _begin(self, model: Model, account: Account, *, at: datetime) -> None:
        due = model.schedule.next_at or at
        work = Work(f"retrain|{model.id}|{due.isoformat()}", int(due.timestamp() * 1000))
        caller = Caller(account.id, account.username, account.role, account.tier, scopes_of(account.role), credential="schedule")
        started = await self.start(Order(kind=JobKind.TRAIN, model_id=model.id, scheduled=True), caller=caller, work=work)
        job = started.job
        last = LastTurn(at, TurnOutcome.STARTED, f"{job.id} is at work.", job.id)
        _, version = model_of(job)

        async def note() -> Model:
            found = await self.models.get(model.id, account_id=model.account_id)
            if found.has_version_of(job.id) or (found.schedule.last and found.schedule.last.job_id == job.id):
                return found
            # It may have ended meanwhile, or was begun before the turn was cut off: what it made, if anything, is known.
            has_ended = job.state.ended or number_of(version) <= found.ended_to
            ended = replace(last, outcome=TurnOutcome.FAILED, reason=f"{job.id} has made no version.")
            noted = turned(found, ended if has_ended else last)
            await self.models.save(noted)
            return noted

        await try_again(model.id, note)

    async def _pass_over(self, model: Model, last: LastTurn, *, code: str) -> None:
        async def note() -> Model:
            found = await self.models.get(model.id, account_id=model.account_id)
            noted = replace(turned(found, last), sequence=found.sequence + 1)
            told = RetrainingSkipped(
                sequence=noted.sequence,
                model_id=noted.id,
                account_id=noted.account_id,
                code=code,
                reason=last.reason,
                next_at=noted.schedule.next_at,
            )
            await self.models.save(noted, told)
            return noted

        await try_again(model.id, note)

    async def _reschedule(self, model: Model) -> None:
        async def note() -> Model:
            found = await self.models.get(model.id, account_id=model.account_id)
            await self.models.save(noted := scheduled(found))
            return noted

        await try_again(model.id, note)
