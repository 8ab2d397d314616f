"""The client that blocks."""

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
from modelbourse.blocking import Does, Items, Iterates, Noun
from modelbourse.builder.blocking import Builder
from modelbourse.engine.blocking import Engine
from modelbourse.gateway import TIMEOUT_S, Credential, Gateway, Retries, log_in, open_gateway
from modelbourse.ml.blocking import Ml
from modelbourse.session import Kept
from modelbourse.steps import Performer
from modelbourse.trading_ai.blocking import TradingAi


class Job(Noun):
    """A training, and what can be done with it."""

    def __init__(self, gateway: Gateway, performer: Performer, *, job_id: str, started: TrainingStarted | None = None) -> None:
        super().__init__(gateway, performer)
        self.id, self.started = job_id, started

    def __repr__(self) -> str:
        return f"Job({self.id!r})"

    def details(self) -> JobDetails:
        """Return the training as it stands."""
        return self._performer.run(jobs.get_job(self._gateway, self.id))

    def wait(
        self, *, timeout: float | None = None, progress: bool = False, watch: Callable[[JobDetails], None] | None = None
    ) -> JobDetails:
        """Wait until it has ended well; see `jobs.wait`."""
        return self._performer.run(jobs.wait_for_job(self._gateway, self.id, timeout=timeout, progress=progress, watch=watch))

    def cancel(self) -> JobCancelled:
        """End it; what it has used is charged, the rest comes back."""
        return self._performer.run(jobs.cancel_job(self._gateway, self.id))

    def logs(self, *, follow: bool = False) -> Items[LogLine, None]:
        """Iterate over its log lines; with `follow` also over those to come."""
        return Items(self._performer.items(jobs.get_logs(self._gateway, self.id, follow=follow)))


class Models(Noun):
    """Models of one's own."""

    page = Does(models.page_of_models)
    list = Iterates(models.all_models)
    create = Does(models.create_model)
    create_of = Does(models.create_model_of)
    get = Does(models.get_model)
    update = Does(models.update_model)
    version = Does(models.get_version)
    stage = Does(models.stage_version)
    alias = Does(models.alias_version)
    delete = Does(models.delete_model)
    archive = Does(models.archive_model)
    restore = Does(models.restore_model)
    estimate = Does(models.estimate_training)
    predict = Does(predictions.predict)
    batch_predict = Iterates(predictions.batch_predict)
    explain = Does(predictions.explain)
    explain_rows = Iterates(predictions.explain_rows)
    feature_importance = Does(models.get_feature_importance)
    plot = Does(models.get_plot)
    report = Does(models.get_report)
    trades_page = Does(results.page_of_trades)
    trades = Iterates(results.all_trades)
    trades_csv = Does(results.get_trades_csv)
    equity_curve = Does(results.get_equity_curve)
    equity_curve_csv = Does(results.get_equity_curve_csv)
    compare = Does(results.compare_models)

    def train(self, model_id: str, *, name: str | None = None, priority: Priority | None = None, idempotency_key: str | None = None) -> Job:
        """Queue a training and return it: `train(…).wait(progress=True)`. Raise PaymentError, ConflictError."""
        steps = models.start_training(self._gateway, model_id, name=name, priority=priority, idempotency_key=idempotency_key)
        started = self._performer.run(steps)
        return Job(self._gateway, self._performer, job_id=started.job_id, started=started)


class Jobs(Noun):
    """Trainings."""

    page = Does(jobs.page_of_jobs)
    list = Iterates(jobs.all_jobs)
    get = Does(jobs.get_job)
    wait = Does(jobs.wait_for_job)
    cancel = Does(jobs.cancel_job)
    logs = Iterates(jobs.get_logs)
    watch = Iterates(watching.watch_jobs)

    def of(self, job_id: str) -> Job:
        """Return a training by its id; nothing is asked yet."""
        return Job(self._gateway, self._performer, job_id=job_id)


class Datasets(Noun):
    """Candles, texts and tables of one's own, and the candles that come with the platform."""

    upload = Does(datasets.upload_dataset)
    append = Does(datasets.append_dataset)
    page = Does(datasets.page_of_datasets)
    list = Iterates(datasets.all_datasets)
    get = Does(datasets.get_dataset)
    wait = Does(datasets.wait_for_dataset)
    versions_page = Does(datasets.page_of_versions)
    versions = Iterates(datasets.all_versions)
    health = Does(datasets.get_health)
    health_page = Does(datasets.get_health_page)
    download = Does(datasets.download_dataset)
    rename = Does(datasets.rename_dataset)
    delete = Does(datasets.delete_dataset)
    delete_version = Does(datasets.delete_version)
    all_candles = Iterates(candles.all_candles)
    candles = Does(candles.get_candles)


class Credits(Noun):
    """Compute hours."""

    usage = Does(compute.get_usage)
    purchase = Does(compute.purchase_credits)
    limits = Does(compute.get_limits)
    prices = Does(compute.get_prices)


class Payments(Noun):
    """Receipts of what one has paid, and of what one's listings were paid."""

    page = Does(payments.page_of_payments)
    list = Iterates(payments.all_payments)
    get = Does(payments.get_payment)


class Webhooks(Noun):
    """Webhooks and their deliveries."""

    page = Does(webhooks.page_of_webhooks)
    list = Iterates(webhooks.all_webhooks)
    create = Does(webhooks.create_webhook)
    get = Does(webhooks.get_webhook)
    update = Does(webhooks.update_webhook)
    delete = Does(webhooks.delete_webhook)
    test = Does(webhooks.try_webhook)
    deliveries_page = Does(webhooks.page_of_deliveries)
    deliveries = Iterates(webhooks.all_deliveries)
    delivery = Does(webhooks.get_delivery)
    replay = Does(webhooks.replay_delivery)


class Keys(Noun):
    """API keys, for programs."""

    list = Does(keys.list_keys)
    create = Does(keys.create_key)
    revoke = Does(keys.revoke_key)
    revoke_all = Does(keys.revoke_all_keys)


class Catalogue(Noun):
    """What can be asked for."""

    algorithms = Does(catalogue.get_algorithms)
    features = Does(catalogue.get_features)
    symbols = Does(catalogue.get_symbols)


class Market(Noun):
    """What is on sale, what one subscribes to, and what one earns."""

    publish = Does(market.publish_model)
    publish_of = Does(market.publish_model_of)
    unpublish = Does(market.unpublish_model)
    page = Does(market.page_of_listings)
    list = Iterates(market.all_listings)
    get = Does(market.get_listing)
    subscribe = Does(market.subscribe)
    subscriptions_page = Does(market.page_of_subscriptions)
    subscriptions = Iterates(market.all_subscriptions)
    subscription = Does(market.get_subscription)
    cancel = Does(market.cancel_subscription)
    change = Does(market.change_subscription)
    refund = Does(market.refund_subscription)
    rate = Does(market.rate_listing)
    ratings_page = Does(market.page_of_ratings)
    ratings = Iterates(market.all_ratings)
    record_page = Does(records.page_of_record)
    record = Iterates(records.all_of_record)
    verify = Does(records.verify_record)
    approve = Does(market.approve_listing)
    reject = Does(market.reject_listing)
    feature = Does(market.feature_listing)
    dashboard = Does(market.get_dashboard)
    earnings = Does(market.get_leasing)


class Modelbourse(TradingAi):
    """A gateway, as somebody. Without arguments: MODELBOURSE_URL and MODELBOURSE_TOKEN, else the last `modelbourse login`.

    `token` is an access token or an API key. An access token that has ended is renewed where there is a refresh token: after
    `Modelbourse.login`, or `modelbourse login`. `timeout` is in seconds, for one answer.
    """

    me = Does(accounts.get_me)
    change_password = Does(accounts.change_password)
    call = Does(accounts.call)

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        timeout: float = TIMEOUT_S,
        retries: Retries = Retries(),  # noqa: B008  # frozen
    ) -> None:
        gateway = open_gateway(url, token, timeout=timeout, retries=retries)
        self._http = httpx.Client(base_url=gateway.url, verify=gateway.verify)
        super().__init__(gateway, Performer(self._http))
        self.models, self.jobs = Models(gateway, self._performer), Jobs(gateway, self._performer)
        self.credits, self.webhooks = Credits(gateway, self._performer), Webhooks(gateway, self._performer)
        self.keys, self.payments = Keys(gateway, self._performer), Payments(gateway, self._performer)
        self.engine, self.builder = Engine(gateway, self._performer), Builder(gateway, self._performer)
        self.ml = Ml(gateway, self._performer)
        self.datasets = Datasets(gateway, self._performer)
        self.catalogue, self.market = Catalogue(gateway, self._performer), Market(gateway, self._performer)

    @classmethod
    def login(
        cls,
        username: str,
        password: str,
        *,
        url: str | None = None,
        device: str | None = None,
        timeout: float = TIMEOUT_S,
        retries: Retries = Retries(),  # noqa: B008  # frozen
    ) -> Self:
        """Log in; nothing is kept. Raise RefusedError, NotConnectedError, UnreadableAnswerError.

        `device` is what `client.device` was after an earlier log-in: from a known device one gets in also while others guess.
        """
        client = cls(url, timeout=timeout, retries=retries)
        client._gateway.credential = Credential(None, device=device)
        client._performer.run(log_in(client._gateway, username, password))
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

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        self.close()
