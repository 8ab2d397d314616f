"""Operators' part of the gateway's wiring: what they do to accounts, jobs, messages that were set aside, and views."""

from typing import Any

from libs.chassis.bus.dead_letters import DeadLetters
from libs.contracts.envelope import now
from services.gateway.accounts import Stores
from services.gateway.platform import Platform
from services.gateway.usecases.accounts.change_account import ChangeAccount, EndSessions
from services.gateway.usecases.accounts.show_account import ShowAccount
from services.gateway.usecases.accounts.stop_holdings import CancelJobs, StopRenewals, SwitchOffWebhooks
from services.gateway.usecases.accounts.suspend_account import Holding, ResumeAccount, SuspendAccount
from services.gateway.usecases.jobs.requeue_job import RequeueJob
from services.gateway.usecases.nouns import AccountUseCases, OperatorJobUseCases, OperatorUseCases
from services.gateway.webhooks import WebhookParts


def make_operating(
    stores: Stores, use: AccountUseCases, *, platform: Platform, webhooks: WebhookParts, dead: DeadLetters
) -> tuple[Any, ...]:
    """Return the use cases of operators' routes."""
    check, jobs = use.check_credential, platform.job_parts
    end_sessions = EndSessions(stores.accounts, stores.sessions, stores.known, check, now)
    return (
        OperatorUseCases(
            accounts=stores.accounts,
            show=ShowAccount(stores.accounts, stores.sessions, stores.api_keys, jobs.jobs, now),
            change=ChangeAccount(stores.accounts, check),
            suspend=SuspendAccount(stores.accounts, end_sessions, check, _holdings(platform, webhooks), now),
            resume=ResumeAccount(stores.accounts, check),
            end_sessions=end_sessions,
            revoke_keys=use.revoke_keys,
            fleet=stores.fleet,
            letters=stores.letters,
            dead=dead,
            rebuild=platform.rebuild,
        ),
        OperatorJobUseCases(jobs.jobs, jobs.every, jobs.stop, RequeueJob(jobs.jobs, stores.accounts, jobs.start)),
    )


def _holdings(platform: Platform, webhooks: WebhookParts) -> tuple[Holding, ...]:
    """Return what of an account does not go on while it is suspended."""
    return (
        CancelJobs(platform.jobs, platform.job_parts.stop),
        SwitchOffWebhooks(webhooks.webhooks, now),
        StopRenewals(platform.subscribing.subscriptions, platform.subscribing.change),
    )
