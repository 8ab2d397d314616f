"""Old and new replicas run side by side: today's code reads what each release wrote, and writes what the last one reads."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from pymongo import AsyncMongoClient

from libs.chassis.bus.memory import MemoryBus
from libs.contracts.schemas_of import every_message
from services.monitoring.outbound.instances_mongo import from_document as instance_of
from services.training.outbound.job_documents import from_document as job_of
from tests.gateway.conftest import bearer
from tests.gateway.studio.world import Places, World, world
from tests.releases.recorded import BUYER, PASSWORD, SELLER, SERVICES, USER, documents_of, events_of, releases
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")
STUDIO: Final = "/api/ai-studio"
LISTS: Final = {
    "models": f"{STUDIO}/models/",
    "trainings": f"{STUDIO}/training-jobs/",
    "webhooks": f"{STUDIO}/webhooks/",
    "shop window": f"{STUDIO}/marketplace/",
    "subscriptions": f"{STUDIO}/subscriptions/",
    "backtests": "/api/backtests",
    "datasets": "/v1/ai/datasets",
    "API keys": "/auth/api-keys",
    "dashboard": f"{STUDIO}/dashboard/",
    "credits": f"{STUDIO}/compute/credits/",
}
MESSAGES: Final = dict(every_message())
Kept = Mapping[str, Mapping[str, list[dict[str, Any]]]]


def with_more(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document as a later release may write it: with fields that nobody knows yet, in its own and in its parts."""
    return {name: [_more(each) for each in value] if isinstance(value, list) else value for name, value in document.items()} | {"later": 1}


def _more(part: Any) -> Any:
    return {**part, "later": 1} if isinstance(part, dict) else part


def as_it_was(document: Mapping[str, Any]) -> dict[str, Any]:
    return dict(document)


@asynccontextmanager
async def restored(places: Places, kept: Kept) -> AsyncIterator[World]:
    """Put a release's documents into databases of their own, and run today's gateways and marketplace on them."""
    async with AsyncMongoClient[dict[str, Any]](places.mongo_url) as client:
        for service, collections in kept.items():
            for name, documents in collections.items():
                await client[f"{places.namespace}_modelbourse_{service}"][name].insert_many(documents)
    async with world(places) as made:
        yield made


async def documents(places: Places, service: str) -> dict[str, list[dict[str, Any]]]:
    """Return all documents of a service's database, by collection."""
    async with AsyncMongoClient[dict[str, Any]](places.mongo_url, tz_aware=True) as client:
        database = client[f"{places.namespace}_modelbourse_{service}"]
        return {name: await database[name].find().to_list() for name in await database.list_collection_names()}


async def logged_in(made: World, name: str) -> httpx.AsyncClient:
    client = made.client()
    tokens = await client.post("/auth/token", data={"grant_type": "password", "username": name, "password": PASSWORD})
    assert tokens.status_code == 200, tokens.text
    client.headers.update(bearer(tokens.json()))
    return client


async def read_all(client: httpx.AsyncClient) -> dict[str, list[dict[str, Any]]]:
    """Read every list, and each thing in those of models and trainings."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name, path in LISTS.items():
        answer = await client.get(path)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        body = answer.json()
        rows = body if isinstance(body, list) else next((value for value in body.values() if isinstance(value, list)), [])
        found[name] = rows
    for name in ("models", "trainings"):
        for row in found[name]:
            one = await client.get(f"{LISTS[name]}{row['id']}/")
            assert one.status_code == 200, one.text
    await client.aclose()
    return found


@pytest.fixture(params=releases(), ids=lambda path: path.name)
def release(request: pytest.FixtureRequest) -> Path:
    """Each release that was recorded."""
    found: Path = request.param
    return found


@pytest.mark.parametrize("written", [as_it_was, with_more], ids=["as it was", "with what a later one adds"])
async def test_what_a_release_wrote_is_read_and_served(release: Path, written: Any, mongo_url: str, redis_url: str, tmp_path: Path) -> None:
    places = Places(mongo_url, redis_url, tmp_path)
    kept = {
        service: {name: [written(each) for each in found] for name, found in documents_of(release, service).items()} for service in SERVICES
    }

    async with restored(places, kept) as made:
        user, _, buyer = [await read_all(await logged_in(made, name)) for name in (USER, SELLER, BUYER)]

    jobs = [job_of(each) for each in kept["training"]["jobs"]]
    instances = [instance_of(each) for each in kept["monitoring"]["instances"]]
    of_gateway = kept["gateway"]
    (ada,) = [each["_id"] for each in of_gateway["accounts"] if each["login"] == USER]
    assert {row["status"] for row in user["models"]} >= {"DRAFT", "COMPLETED", "ARCHIVED"}
    assert len(user["models"]) == sum(each["account_id"] == ada for each in of_gateway["models"])
    assert len(user["trainings"]) == sum(each["account_id"] == ada and each["kind"] == "train" for each in of_gateway["jobs"])
    assert [len(user[name]) for name in ("webhooks", "backtests", "datasets", "API keys")] == [1, 1, 1, 1] or user["datasets"]
    assert len(buyer["shop window"]) == len(buyer["subscriptions"]) == 1
    assert len(jobs) == len(of_gateway["jobs"])
    assert {each.service for each in instances} == set(SERVICES)
    for service in SERVICES:
        assert (await documents(places, service)).get("set_aside", []) == []


async def test_what_a_release_told_is_read_and_told_again_changes_nothing(
    release: Path, mongo_url: str, redis_url: str, tmp_path: Path
) -> None:
    places = Places(mongo_url, redis_url, tmp_path)
    told = [(topic, MESSAGES[topic].model_validate(body)) for topic, body in events_of(release, "events")]
    seldom = [MESSAGES[topic].model_validate(body) for topic, body in events_of(release, "examples")]
    books = ("wallets", "movements", "reservations", "money_movements", "bills", "subscriptions")

    async with restored(places, {service: documents_of(release, service) for service in SERVICES}) as made:
        before = await documents(places, "marketplace")
        teller = MemoryBus(made.broker, service="training", instance="training-1")
        for _, event in told:
            await teller.publish(event)  # type: ignore[arg-type]  # events, by their topics
        await made.broker.all_heard()
        dead = [failure for _, failure in made.broker.dead]
    after = await documents(places, "marketplace")

    assert len({topic for topic, _ in told}) + len(seldom) == sum(1 for name in MESSAGES if "." in name and name in topics())
    assert dead == []
    assert {name: after[name] for name in books if name in before} == {name: before[name] for name in books if name in before}


def topics() -> set[str]:
    return {topic for path in releases() for kind in ("events", "examples") for topic, _ in events_of(path, kind)}


async def test_what_is_written_today_has_all_that_the_last_release_reads_in_its_types(
    mongo_url: str, redis_url: str, tmp_path: Path
) -> None:
    places, last = Places(mongo_url, redis_url, tmp_path), releases()[-1]
    async with world(places) as made:
        ada = await made.user()
        model_id = await made.trained(ada)
        await ada.call("POST", f"/models/{await ada.make_model()}/archive/")
        await ada.call("POST", "/webhooks/", {"url": "http://127.0.0.1:9/hook", "events": ["training_job.completed"]})
        await ada.call("POST", "/compute/purchase-credits/", {"hours": 10, "payment_method": "credit_card"})
        await ada.http.post("/auth/api-keys", json={"name": "nightly"})

        async def is_charged() -> bool:
            return await made.database["jobs"].count_documents({"model_id": model_id, "charged_hours": {"$ne": None}}) == 1

        await until(is_charged, what="the charge")
        today = {service: await documents(places, service) for service in ("gateway", "marketplace")}

    compared = {
        f"{service}.{name}": shape_problems(documents_of(last, service).get(name, []), found)
        for service, collections in today.items()
        for name, found in collections.items()
    }
    assert {name: problems for name, problems in compared.items() if problems} == {}
    assert {"gateway.models", "gateway.jobs", "gateway.accounts", "marketplace.wallets", "marketplace.movements"} <= compared.keys()


def shape_problems(released: list[dict[str, Any]], current: Iterable[dict[str, Any]]) -> list[str]:
    """Say what documents lack that every released one has, and which types are others."""
    types: dict[str, set[type]] = defaultdict(set)
    for document in released:
        for name, value in document.items():
            types[name].add(type(value))
    always = [name for name in types if all(name in document for document in released)]
    problems = set()
    for document in current:
        problems |= {f"{name} is missing" for name in always if name not in document}
        for name, value in document.items():
            known = types.get(name, set()) - {type(None)}
            if value is not None and known and type(value) not in known:
                problems.add(f"{name} is {type(value).__name__}, and was {sorted(each.__name__ for each in known)}")
    return sorted(problems)
