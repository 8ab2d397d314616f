"""The client that is awaited: the same methods as Modelbourse has."""

from collections.abc import Callable
from types import TracebackType

import httpx
from typing_extensions import Self

from modelbourse import (
    accounts,
    candles,
    catalogue,
    compute,
    datasets,
    jobs,
    keys,
    market,
    models,
    payments,
    predictions,
    records,
    results,
    watching,
    webhooks,
)
from modelbourse.answers.limits import Priority
from modelbourse.answers.trainings import JobCancelled, JobDetails, LogLine, TrainingStarted
from modelbourse.async_steps import AsyncPerformer
from modelbourse.awaiting import AsyncItems, AsyncIterates, AsyncNoun, Awaits
from modelbourse.builder.awaiting import AsyncBuilder
from modelbourse.engine.awaiting import AsyncEngine
from modelbourse.gateway import TIMEOUT_S, Credential, Gateway, Retries, log_in, open_gateway
from modelbourse.ml.awaiting import AsyncMl
from modelbourse.session import Kept
from modelbourse.trading_ai.awaiting import AsyncTradingAi


class AsyncJob(AsyncNoun):
    """A training, and what can be done with it."""

    def __init__(self, gateway: Gateway, performer: AsyncPerformer, *, job_id: str, started: TrainingStarted | None = None) -> None:
        super().__init__(gateway, performer)
        self.id, self.started = job_id, started

    def __repr__(self) -> str:
        return f"AsyncJob({self.id!r})"

    async def details(self) -> JobDetails:
        """Return the training as it stands."""
        return await self._performer.run(jobs.get_job(self._gateway, self.id))

    async def wait(
        self,
        *,
        timeout: float | None = None,  # as Job.wait has it; its end is an answer, no cancellation
        progress: bool = False,
        watch: Callable[[JobDetails], None] | None = None,
    ) -> JobDetails:
        """Wait until it has ended well; see `jobs.wait`."""
        return await self._performer.run(jobs.wait_for_job(self._gateway, self.id, timeout=timeout, progress=progress, watch=watch))

    async def cancel(self) -> JobCancelled:
        """End it; what it has used is charged, the rest comes back."""
        return await self._performer.run(jobs.cancel_job(self._gateway, self.id))

    def logs(self, *, follow: bool = False) -> AsyncItems[LogLine, None]:
        """Iterate over its log lines; with `follow` also over those to come."""
        return AsyncItems(self._performer, jobs.get_logs(self._gateway, self.id, follow=follow))


class AsyncModels(AsyncNoun):
    """Models of one's own."""

    page = Awaits(models.page_of_models)
    list = AsyncIterates(models.all_models)
    create = Awaits(models.create_model)
    create_of = Awaits(models.create_model_of)
    get = Awaits(models.get_model)
    update = Awaits(models.update_model)
    version = Awaits(models.get_version)
    stage = Awaits(models.stage_version)
    alias = Awaits(models.alias_version)
    delete = Awaits(models.delete_model)
    archive = Awaits(models.archive_model)
    restore = Awaits(models.restore_model)
    estimate = Awaits(models.estimate_training)
    predict = Awaits(predictions.predict)
    batch_predict = AsyncIterates(predictions.batch_predict)
    explain = Awaits(predictions.explain)
    explain_rows = AsyncIterates(predictions.explain_rows)
    feature_importance = Awaits(models.get_feature_importance)
    plot = Awaits(models.get_plot)
    report = Awaits(models.get_report)
    trades_page = Awaits(results.page_of_trades)
    trades = AsyncIterates(results.all_trades)
    trades_csv = Awaits(results.get_trades_csv)
    equity_curve = Awaits(results.get_equity_curve)
    equity_curve_csv = Awaits(results.get_equity_curve_csv)
    compare = Awaits(results.compare_models)

    async def train(
        self, model_id: str, *, name: str | None = None, priority: Priority | None = None, idempotency_key: str | None = None
    ) -> AsyncJob:
        """Queue a training and return it: `train(…).wait(progress=True)`, awaited. Raise PaymentError, ConflictError."""
        steps = models.start_training(self._gateway, model_id, name=name, priority=priority, idempotency_key=idempotency_key)
        started = await self._performer.run(steps)
        return AsyncJob(self._gateway, self._performer, job_id=started.job_id, started=started)


class AsyncJobs(AsyncNoun):
    """Trainings."""

    page = Awaits(jobs.page_of_jobs)
    list = AsyncIterates(jobs.all_jobs)
    get = Awaits(jobs.get_job)
    wait = Awaits(jobs.wait_for_job)
    cancel = Awaits(jobs.cancel_job)
    logs = AsyncIterates(jobs.get_logs)
    watch = AsyncIterates(watching.watch_jobs)

    def of(self, job_id: str) -> AsyncJob:
        """Return a training by its id; nothing is asked yet."""
        return AsyncJob(self._gateway, self._performer, job_id=job_id)


class AsyncDatasets(AsyncNoun):
    """Candles, texts and tables of one's own, and the candles that come with the platform."""

    upload = Awaits(datasets.upload_dataset)
    append = Awaits(datasets.append_dataset)
    page = Awaits(datasets.page_of_datasets)
    list = AsyncIterates(datasets.all_datasets)
    get = Awaits(datasets.get_dataset)
    wait = Awaits(datasets.wait_for_dataset)
    versions_page = Awaits(datasets.page_of_versions)
    versions = AsyncIterates(datasets.all_versions)
    health = Awaits(datasets.get_health)
    health_page = Awaits(datasets.get_health_page)
    download = Awaits(datasets.download_dataset)
    rename = Awaits(datasets.rename_dataset)
    delete = Awaits(datasets.delete_dataset)
    delete_version = Awaits(datasets.delete_version)
    all_candles = AsyncIterates(candles.all_candles)
    candles = Awaits(candles.get_candles)


class AsyncCredits(AsyncNoun):
    """Compute hours."""

    usage = Awaits(compute.get_usage)
    purchase = Awaits(compute.purchase_credits)
    limits = Awaits(compute.get_limits)
    prices = Awaits(compute.get_prices)


class AsyncPayments(AsyncNoun):
    """Receipts of what one has paid, and of what one's listings were paid."""

    page = Awaits(payments.page_of_payments)
    list = AsyncIterates(payments.all_payments)
    get = Awaits(payments.get_payment)


class AsyncWebhooks(AsyncNoun):
    """Webhooks and their deliveries."""

    page = Awaits(webhooks.page_of_webhooks)
    list = AsyncIterates(webhooks.all_webhooks)
    create = Awaits(webhooks.create_webhook)
    get = Awaits(webhooks.get_webhook)
    update = Awaits(webhooks.update_webhook)
    delete = Awaits(webhooks.delete_webhook)
    test = Awaits(webhooks.try_webhook)
    deliveries_page = Awaits(webhooks.page_of_deliveries)
    deliveries = AsyncIterates(webhooks.all_deliveries)
    delivery = Awaits(webhooks.get_delivery)
    replay = Awaits(webhooks.replay_delivery)


class AsyncKeys(AsyncNoun):
    """API keys, for programs."""

    list = Awaits(keys.list_keys)
    create = Awaits(keys.create_key)
    revoke = Awaits(keys.revoke_key)
    revoke_all = Awaits(keys.revoke_all_keys)


class AsyncCatalogue(AsyncNoun):
    """What can be asked for."""

    algorithms = Awaits(catalogue.get_algorithms)
    features = Awaits(catalogue.get_features)
    symbols = Awaits(catalogue.get_symbols)


class AsyncMarket(AsyncNoun):
    """What is on sale, what one subscribes to, and what one earns."""

    publish = Awaits(market.publish_model)
    publish_of = Awaits(market.publish_model_of)
    unpublish = Awaits(market.unpublish_model)
    page = Awaits(market.page_of_listings)
    list = AsyncIterates(market.all_listings)
    get = Awaits(market.get_listing)
    subscribe = Awaits(market.subscribe)
    subscriptions_page = Awaits(market.page_of_subscriptions)
    subscriptions = AsyncIterates(market.all_subscriptions)
    subscription = Awaits(market.get_subscription)
    cancel = Awaits(market.cancel_subscription)
    change = Awaits(market.change_subscription)
    refund = Awaits(market.refund_subscription)
    rate = Awaits(market.rate_listing)
    ratings_page = Awaits(market.page_of_ratings)
    ratings = AsyncIterates(market.all_ratings)
    record_page = Awaits(records.page_of_record)
    record = AsyncIterates(records.all_of_record)
    verify = Awaits(records.verify_record)
    approve = Awaits(market.approve_listing)
    reject = Awaits(market.reject_listing)
    feature = Awaits(market.feature_listing)
    dashboard = Awaits(market.get_dashboard)
    earnings = Awaits(market.get_leasing)


class AsyncModelbourse(AsyncTradingAi):
    """A gateway, as somebody. Without arguments: MODELBOURSE_URL and MODELBOURSE_TOKEN, else the last `modelbourse login`.

    `token` is an access token or an API key. An access token that has ended is renewed where there is a refresh token: after
    `AsyncModelbourse.login`, or `modelbourse login`. `timeout` is in seconds, for one answer.
    """

    me = Awaits(accounts.get_me)
    change_password = Awaits(accounts.change_password)
    call = Awaits(accounts.call)

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        timeout: float = TIMEOUT_S,
        retries: Retries = Retries(),  # noqa: B008  # frozen
    ) -> None:
        gateway = open_gateway(url, token, timeout=timeout, retries=retries)
        self._http = httpx.AsyncClient(base_url=gateway.url, verify=gateway.verify)
        super().__init__(gateway, AsyncPerformer(self._http))
        self.models, self.jobs = AsyncModels(gateway, self._performer), AsyncJobs(gateway, self._performer)
        self.credits, self.webhooks = AsyncCredits(gateway, self._performer), AsyncWebhooks(gateway, self._performer)
        self.keys, self.payments = AsyncKeys(gateway, self._performer), AsyncPayments(gateway, self._performer)
        self.engine, self.builder = AsyncEngine(gateway, self._performer), AsyncBuilder(gateway, self._performer)
        self.ml = AsyncMl(gateway, self._performer)
        self.datasets = AsyncDatasets(gateway, self._performer)
        self.catalogue, self.market = AsyncCatalogue(gateway, self._performer), AsyncMarket(gateway, self._performer)

    @classmethod
    async def login(
        cls,
        username: str,
        password: str,
        *,
        url: str | None = None,
        device: str | None = None,
        timeout: float = TIMEOUT_S,  # of each answer, not of this call
        retries: Retries = Retries(),  # noqa: B008  # frozen
    ) -> Self:
        """Log in; nothing is kept. Raise RefusedError, NotConnectedError, UnreadableAnswerError.

        `device` is what `client.device` was after an earlier log-in: from a known device one gets in also while others guess.
        """
        client = cls(url, timeout=timeout, retries=retries)
        client._gateway.credential = Credential(None, device=device)
        await client._performer.run(log_in(client._gateway, username, password))
        return client

    def kept(self) -> Kept:
        """Return the login that is in use, so that it can be kept. Raise NotLoggedInError without one."""
        return self._gateway.kept()

    @property
    def device(self) -> str | None:
        """What the gateway knows this device by, after a log-in; keep it like a password."""
        return self._gateway.credential.device

    @property
    def url(self) -> str:
        """The gateway's address."""
        return self._gateway.url

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        await self.aclose()
