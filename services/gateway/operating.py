"""Operators' part of the gateway's wiring: accounts, jobs, the ledger, messages that were set aside, views, and what is to be erased."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from libs.chassis.bus.dead_letters import DeadLetters
from libs.chassis.stores.exports import Exports
from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from services.gateway.accounts import Stores
from services.gateway.outbound.accounts.erasures_mongo import ErasuresMongo
from services.gateway.outbound.accounts.exports_gateway import MANY, gateway_exports
from services.gateway.platform import Platform
from services.gateway.settings import Settings
from services.gateway.usecases.accounts.change_account import ChangeAccount, EndSessions
from services.gateway.usecases.accounts.erase_account import EraseAccount, ForgetModels, Forgets, ForgetThings
from services.gateway.usecases.accounts.export_account import ExportAccount
from services.gateway.usecases.accounts.show_account import ShowAccount
from services.gateway.usecases.accounts.stop_holdings import CancelJobs, StopRenewals, SwitchOffWebhooks
from services.gateway.usecases.accounts.suspend_account import Holding, ResumeAccount, SuspendAccount
from services.gateway.usecases.check_ledger import CheckLedger
from services.gateway.usecases.jobs.requeue_job import RequeueJob
from services.gateway.usecases.nouns import AccountUseCases, OperatorJobUseCases, OperatorUseCases
from services.gateway.usecases.predictions.predict import Predict
from services.gateway.webhooks import WebhookParts

# Once for what another gateway remembers, once for the requests that it has let in by it.
LINGER: Final = 2


@dataclass(frozen=True, slots=True)
class Operating:
    """The use cases of operators' routes, and what goes on with erasures by itself."""

    use_cases: tuple[Any, ...]
    erase: EraseAccount
    erasures: ErasuresMongo
    exports: Exports

    async def prepare(self) -> None:
        """Make indexes."""
        await self.erasures.prepare()
        await self.exports.prepare(*MANY)


def make_operating(
    settings: Settings,
    database: Database,
    stores: Stores,
    use: AccountUseCases,
    *,
    platform: Platform,
    webhooks: WebhookParts,
    dead: DeadLetters,
    wake: Callable[[], None],
    forgetting: Sequence[Forgets],
) -> Operating:
    """Wire it; `wake` is called after each write that has events to be published (collection `accounts`).

    `forgetting` is what keeps something of accounts besides.
    """
    check, jobs, holdings = use.check_credential, platform.job_parts, _holdings(platform, webhooks)
    erasures, exports = ErasuresMongo(database, on_write=wake), gateway_exports(database)
    erase = EraseAccount(
        accounts=stores.accounts,
        erasures=erasures,
        check_credential=check,
        jobs=jobs.jobs,
        holdings=holdings,
        forget_things=_forget_things(stores, platform, webhooks, forgetting),
        forget_models=_forget_models(platform),
        clock=now,
        linger=LINGER * timedelta(seconds=settings.credential_memory_s),
    )
    end_sessions = EndSessions(stores.accounts, stores.sessions, stores.known, check, now)
    operators = OperatorUseCases(
        accounts=stores.accounts,
        show=ShowAccount(stores.accounts, stores.sessions, stores.api_keys, jobs.jobs, now),
        change=ChangeAccount(stores.accounts, check),
        suspend=SuspendAccount(stores.accounts, end_sessions, check, holdings, now),
        resume=ResumeAccount(stores.accounts, check),
        export=ExportAccount(stores.accounts, exports, platform.services.owners),
        erase=erase,
        end_sessions=end_sessions,
        revoke_keys=use.revoke_keys,
        fleet=stores.fleet,
        letters=stores.letters,
        dead=dead,
        rebuild=platform.rebuild,
    )
    requeue = RequeueJob(jobs.jobs, stores.accounts, jobs.start)
    operator_jobs = OperatorJobUseCases(jobs.jobs, jobs.every, jobs.stop, requeue)
    return Operating((operators, operator_jobs, CheckLedger(platform.services.owners, jobs.every, now)), erase, erasures, exports)


def _forget_things(stores: Stores, platform: Platform, webhooks: WebhookParts, forgetting: Sequence[Forgets]) -> ForgetThings:
    return ForgetThings(
        api_keys=stores.api_keys,
        sessions=stores.sessions,
        known=stores.known,
        webhooks=webhooks.webhooks,
        deliveries=webhooks.deliveries,
        delete_webhook=webhooks.use.delete,
        datasets=platform.datasets.datasets,
        files=platform.datasets.files,
        others=forgetting,
    )


def _forget_models(platform: Platform) -> ForgetModels:
    predict = next(each for each in platform.use_cases if isinstance(each, Predict))
    return ForgetModels(platform.models, platform.results, platform.subscribing.subscriptions, predict.servables, now)


def _holdings(platform: Platform, webhooks: WebhookParts) -> tuple[Holding, ...]:
    """Return what of an account does not go on while it is suspended."""
    return (
        CancelJobs(platform.jobs, platform.job_parts.stop),
        SwitchOffWebhooks(webhooks.webhooks, now),
        StopRenewals(platform.subscribing.subscriptions, platform.subscribing.change),
    )
