"""What the shell offers for an argument: ids of one's own things. It never waits long and never says a word."""

from collections.abc import Callable, Iterable

from modelbourse.errors import ModelbourseError
from modelbourse.gateway import Retries
from modelbourse.modelbourse import Modelbourse

AT_MOST_S = 2.0
Offers = list[tuple[str, str]]


def model_ids(incomplete: str) -> Offers:
    """Offer one's models, the newest first."""
    return _offer(incomplete, lambda client: ((row.id, f"{row.name} ({row.status})") for row in client.models.page(page_size=100).results))


def job_ids(incomplete: str) -> Offers:
    """Offer one's trainings, the newest first."""
    return _offer(
        incomplete, lambda client: ((row.id, f"{row.job_name} ({row.status})") for row in client.jobs.page(page_size=100).results)
    )


def dataset_ids(incomplete: str) -> Offers:
    """Offer one's datasets, the newest first."""
    return _offer(
        incomplete,
        lambda client: ((row.id, f"{row.name} ({row.status})") for row in client.datasets.page(source="uploaded", limit=100).datasets),
    )


def webhook_ids(incomplete: str) -> Offers:
    """Offer one's webhooks."""
    return _offer(incomplete, lambda client: ((row.id, row.url) for row in client.webhooks.page(page_size=100).results))


def key_ids(incomplete: str) -> Offers:
    """Offer one's API keys."""
    return _offer(incomplete, lambda client: ((row.id, row.name) for row in client.keys.list()))


def listing_ids(incomplete: str) -> Offers:
    """Offer what is on sale."""
    return _offer(incomplete, lambda client: ((row.id, row.title) for row in client.market.page(page_size=100).results))


def subscription_ids(incomplete: str) -> Offers:
    """Offer one's subscriptions."""
    return _offer(
        incomplete,
        lambda client: (
            (row.subscription_id, f"{row.title or ''} ({row.status})") for row in client.market.subscriptions_page(page_size=100).results
        ),
    )


def task_ids(incomplete: str) -> Offers:
    """Offer one's tasks, the newest first."""
    return _offer(
        incomplete, lambda client: ((row.task_id, f"{row.task_name} ({row.status})") for row in client.tasks.list(limit=100).tasks)
    )


def alert_ids(incomplete: str) -> Offers:
    """Offer alerts, the newest first."""
    return _offer(incomplete, lambda client: ((row.alert_id, row.title) for row in client.alerts.list(limit=100).alerts))


def recipe_ids(incomplete: str) -> Offers:
    """Offer recipes, the platform's own first."""
    return _offer(incomplete, lambda client: ((row.id, f"{row.name} ({row.status})") for row in client.ml.recipes.list().recipes))


def ml_model_ids(incomplete: str) -> Offers:
    """Offer one's models of recipes, the newest first."""
    return _offer(incomplete, lambda client: ((row.id, f"{row.name} ({row.status})") for row in client.ml.models.list().models))


def run_ids(incomplete: str) -> Offers:
    """Offer one's runs of recipes, the newest first."""
    return _offer(incomplete, lambda client: ((row.id, f"{row.run_type} ({row.status})") for row in client.ml.runs.list().runs))


def symbols(incomplete: str) -> Offers:
    """Offer symbols that there are candles for."""
    return _offer(incomplete, lambda client: ((row.symbol, row.name) for row in client.catalogue.symbols().results))


def _offer(incomplete: str, find: Callable[[Modelbourse], Iterable[tuple[str, str]]]) -> Offers:
    try:
        with Modelbourse(timeout=AT_MOST_S, retries=Retries(attempts=1)) as client:
            return [each for each in find(client) if each[0].startswith(incomplete)]
    except ModelbourseError:
        return []
