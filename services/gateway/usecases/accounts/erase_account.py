"""Erase an account, for operators: asked for once, it is done in steps that may be broken off and done again, until nothing is left."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any, Final, Protocol

from libs.chassis.errors import PlatformError
from libs.chassis.liveness.failures import report_failure
from libs.chassis.logs import log
from libs.chassis.stores.parts import Page, Part
from libs.contracts.gateway import AccountErased, ModelDeleted
from libs.contracts.job_kinds import without_words
from services.gateway.domain.accounts.account import Account, Role
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.accounts.erasure import ERASED, Erasure, asked_for, done, pseudonymous
from services.gateway.domain.accounts.ports import Accounts, ApiKeys, Erasures, KnownSources, Sessions
from services.gateway.domain.datasets.ports import DatasetFiles, DatasetFilter, Datasets
from services.gateway.domain.errors import LastAdminError, OwnAccountError
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.marketplace.ports import Subscriptions
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.domain.models.ports import Clock, Models, Results
from services.gateway.domain.predictions.servable import Servables
from services.gateway.domain.webhooks.errors import WebhookNotFoundError
from services.gateway.domain.webhooks.ports import Deliveries, Webhooks
from services.gateway.usecases.accounts.check_credential import CheckCredential
from services.gateway.usecases.accounts.suspend_account import Holding
from services.gateway.usecases.models.try_again import try_again
from services.gateway.usecases.webhooks.keep_webhooks import DeleteWebhook

PAGE: Final = 100


class Forgets(Protocol):
    """What keeps something of accounts."""

    async def forget(self, account_id: str) -> None:
        """Remove what is kept of an account; the second time there is nothing."""


@dataclass(frozen=True, slots=True)
class ForgetThings:
    """What an account has made, but for models: API keys, log-ins, webhooks, datasets, and what `others` keep."""

    api_keys: ApiKeys
    sessions: Sessions
    known: KnownSources
    webhooks: Webhooks
    deliveries: Deliveries
    delete_webhook: DeleteWebhook
    datasets: Datasets
    files: DatasetFiles
    others: Sequence[Forgets] = ()

    async def __call__(self, account_id: str) -> None:
        """Remove them; the second time there are none."""
        await asyncio.gather(self.api_keys.remove_all(account_id), self.sessions.remove_all(account_id), self.known.forget(account_id))
        async for webhook in _all(lambda part: self.webhooks.find(account_id, part)):
            # They first, as it is switched off: broken off in between, nothing would lead to them any more.
            await self.deliveries.remove(webhook.id)
            with suppress(WebhookNotFoundError):  # Another gateway was faster.
                await self.delete_webhook(webhook.id, account_id=account_id)
        async for dataset in _all(lambda part: self.datasets.find(DatasetFilter(account_id), part)):
            await self.datasets.delete(dataset)
            if dataset.newest.spec.upload is not None:
                await self.files.drop_upload(dataset.newest.spec.upload.path)
        for each in self.others:
            await each.forget(account_id)


@dataclass(frozen=True, slots=True)
class ForgetModels:
    """A model that a subscriber has paid for stays until that time is over, under no name; all others go."""

    models: Models
    results: Results
    subscriptions: Subscriptions
    servables: Servables
    clock: Clock

    async def __call__(self, account_id: str) -> int:
        """Return how many stay for now. Raise ModelChangedError."""
        kept = 0
        async for model in _all(partial(self.models.all_of, account_id)):
            with suppress(ModelNotFoundError):  # Another gateway was faster.
                kept += await try_again(model.id, partial(self._forget, model.id))
        return kept

    async def _forget(self, model_id: str) -> bool:
        """Take a model's name, and if nobody may use it the model; return whether it stays. What is left of a deleted one has no name."""
        model = await self.models.get(model_id, account_id=None, kind=None)
        if (model.name, model.description) != (ERASED, ""):
            versions = tuple(replace(version, spec=without_words(version.spec), reported={}) for version in model.versions)
            nameless = replace(model, name=ERASED, description="", owner="", slug=None, spec=without_words(model.spec), versions=versions)
            await self.models.save(nameless)
            model = await self.models.get(model_id, account_id=None, kind=None)
        if await self.subscriptions.is_used(model.id, at=self.clock()):
            return True
        numbers = [version.number for version in model.versions]
        await self.results.trim(replace(model, versions=(), trimmed_to=max([model.trimmed_to, *numbers])))
        gone = ModelDeleted(sequence=model.sequence + 1, model_id=model.id, account_id=model.account_id)
        await self.models.delete(model, gone)
        self.servables.forget(model.id)
        return False


@dataclass(frozen=True, slots=True)
class EraseAccount:
    """The wish is written down first, and keeps the account out. Who it was is taken away in the same write that tells all services."""

    accounts: Accounts
    erasures: Erasures
    check_credential: CheckCredential
    jobs: Jobs
    holdings: Sequence[Holding]
    forget_things: ForgetThings
    forget_models: ForgetModels
    clock: Clock
    linger: timedelta  # For how long another gateway may let its owner in after the wish is written down.

    async def __call__(self, account_id: str, *, username: str, by: Caller) -> Erasure:
        """Return how far it has come; what it waits for is done as soon as that is over, also if nobody asks again.

        Raise NotFoundError, OwnAccountError, LastAdminError, AccountChangedError, or InvalidError for another account's name.
        """
        if account_id == by.account_id:
            raise OwnAccountError
        account = await self.accounts.get(account_id)
        wanted = asked_for(account, username=username, at=self.clock())
        if wanted is not account:
            if account.role is Role.ADMIN and set(await self.accounts.admin_ids()) <= {account_id}:
                raise LastAdminError
            account = await self.erasures.save(wanted)
        self.check_credential.forget(account_id=account_id)
        try:
            if account.erasing_at is None:
                return await self._once_more(account)
            return await self._go_on(account)
        except PlatformError as error:
            if not error.worth_retrying:
                raise
            return Erasure(await self.accounts.get(account_id), (error.message,))

    async def go_on(self) -> int:
        """Go on with what was broken off or had to wait; return how many accounts were wholly erased."""
        erased = 0
        for account_id in await self.erasures.due():
            await self.erasures.tried(account_id, at=self.clock())
            try:
                erasure = await self._go_on(await self.accounts.get(account_id))
            except PlatformError as error:
                log().warning("an account is not erased yet", account_id=account_id, error=f"{error.code}: {error.message}")
            except Exception as error:  # noqa: BLE001  # it is tried again, and those behind it are done all the same
                report_failure(error, work="erasing an account")
            else:
                erased += not erasure.waits_for
        return erased

    async def _once_more(self, account: Account) -> Erasure:
        """Tell again that it is erased: a service may have heard something late, or its database was put back to what it was before."""
        await self.forget_things(account.id)
        await self.erasures.forget_jobs(account.id)
        return Erasure(await self._tell(account))

    async def _go_on(self, account: Account) -> Erasure:
        asked_at, begun = account.erasing_at, self.clock()
        if asked_at is None:
            return Erasure(account)  # Another gateway was faster.
        await asyncio.gather(*(stop(account.id) for stop in self.holdings))
        if waiting := len(await self.jobs.slots(account.id)):
            jobs = "1 job, which is" if waiting == 1 else f"{waiting} jobs, which are"
            return Erasure(account, (f"{jobs} being cancelled",))
        await self.forget_things(account.id)
        await self.erasures.forget_jobs(account.id)
        if account.erased_at is None:
            account = await self._tell(pseudonymous(account, at=self.clock()))
            self.check_credential.forget(account_id=account.id)
        waits_for = []
        if kept := await self.forget_models(account.id):
            models = "1 model" if kept == 1 else f"{kept} models"
            waits_for.append(f"{models}, until the time is over that subscribers have paid for")
        if begun < asked_at + self.linger:
            # Another gateway may have let its owner in a moment before: what such a request has made is looked for once more.
            waits_for.append(f"requests that were let in before it was asked for, {self.linger.total_seconds():g} s in all")
        if waits_for:
            return Erasure(account, tuple(waits_for))
        # Told once more: of what was under way when it was told first, nothing was written yet.
        account = await self._tell(done(account))
        log().info("an account was erased", account_id=account.id)
        return Erasure(account)

    async def _tell(self, account: Account) -> Account:
        return await self.erasures.save(account, AccountErased(sequence=account.version + 1, account_id=account.id))


async def _all(find: Callable[[Part], Awaitable[Page[Any]]]) -> AsyncIterator[Any]:
    """Yield all rows of a list; those that are removed meanwhile move nothing."""
    part: Part | None = Part(PAGE)
    while part is not None:
        page = await find(part)
        for each in page.items:
            yield each
        part = Part(PAGE, after=page.after) if page.after else None
