"""Old and new replicas run side by side: today's code reads what each release wrote, and writes what the last one reads."""

import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient

from libs.chassis.bus.memory import MemoryBus
from libs.chassis.settings import SharedSettings
from libs.chassis.stores.migrations import migrate
from libs.chassis.stores.mongo import connect
from libs.contracts.envelope import Event, now
from libs.contracts.schemas_of import every_message
from libs.contracts.topics import EVENTS
from services.gateway.outbound.schema import SCHEMA as GATEWAY_SCHEMA
from services.inference.outbound.schema import SCHEMA as INFERENCE_SCHEMA
from services.monitoring.outbound.alerts_mongo import AlertsMongo
from services.monitoring.outbound.instances_mongo import InstancesMongo
from services.monitoring.outbound.instances_mongo import from_document as instance_of
from services.monitoring.outbound.schema import SCHEMA as MONITORING_SCHEMA
from services.training.outbound.job_documents import from_document as job_of
from services.training.outbound.jobs_mongo import JobsMongo as TrainingJobs
from services.training.outbound.schema import SCHEMA as TRAINING_SCHEMA
from tests.gateway.conftest import bearer
from tests.gateway.studio.world import Places, World, world
from tests.releases.recorded import BUYER, PASSWORD, SELLER, SERVICES, USER, documents_of, earlier_releases, events_of
from tests.releases.test_growth import bounds
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
    "usage": f"{STUDIO}/compute/usage/",
    "dashboard": f"{STUDIO}/analytics/dashboard/",
}
# Who is at work on a document: there while somebody is, or was.
LEASES: Final = frozenset({"lease", "relay", "holder", "lease_until"})
# For which the stage has doubles, or nobody.
NOT_STARTED: Final = {"training": TRAINING_SCHEMA, "inference": INFERENCE_SCHEMA, "monitoring": MONITORING_SCHEMA}
AGE: Final = timedelta(days=1)
MESSAGES: Final = dict(every_message())
Kept = Mapping[str, Mapping[str, list[dict[str, Any]]]]


def with_more(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document as a later release may write it: with fields that nobody knows yet, in its own and in its parts."""
    return {name: [_more(each) for each in value] if isinstance(value, list) else value for name, value in document.items()} | {"later": 1}


def _more(part: Any) -> Any:
    return {**part, "later": 1} if isinstance(part, dict) else part


@dataclass(frozen=True, repr=False)
class Stage:
    """A release's documents, and today's gateways and marketplace running on them."""

    release: Path
    places: Places
    kept: Kept
    world: World


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=earlier_releases(), ids=lambda path: path.name)
async def stage(
    request: pytest.FixtureRequest, mongo_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    """Run today's code on what each recorded release has written, and on what a later one has added to it."""
    places = Places(mongo_url, redis_url, tmp_path_factory.mktemp("restored"), namespace=f"t{secrets.token_hex(5)}")
    kept = {
        service: {name: [with_more(each) for each in found] for name, found in documents_of(request.param, service).items()}
        for service in SERVICES
    }
    async with AsyncMongoClient[dict[str, Any]](mongo_url) as client:
        for service, collections in kept.items():
            # Without the version of the schema: what there is goes through every migration at the start.
            for name in collections.keys() - {"schema"}:
                await client[f"{places.namespace}_modelbourse_{service}"][name].insert_many(collections[name])
    for service, schema in NOT_STARTED.items():
        await migrate(connect(SharedSettings.model_validate(places.settings()), service), schema)
    async with world(places, clock=clock_of(kept)) as made:
        yield Stage(request.param, places, kept, made)


def clock_of(kept: Kept) -> Callable[[], datetime]:
    """Return the time as it goes on from when a release was recorded: what has fallen due since would be done in the midst of a story."""
    behind = now() - max(each["started_at"] for each in kept["marketplace"]["subscriptions"])
    return lambda: now() - behind


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


async def test_what_a_release_wrote_is_read_and_served_whatever_a_later_one_has_added(stage: Stage) -> None:
    user, _, buyer = [await read_all(await logged_in(stage.world, name)) for name in (USER, SELLER, BUYER)]

    kept = stage.kept["gateway"]
    jobs = [job_of(each) for each in stage.kept["training"]["jobs"]]
    instances = [instance_of(each) for each in stage.kept["monitoring"]["instances"]]
    (ada,) = [each["_id"] for each in kept["accounts"] if each["login"] == USER]
    assert {row["status"] for row in user["models"]} >= {"DRAFT", "COMPLETED", "ARCHIVED", "FAILED"}
    assert len(user["models"]) == sum(each["account_id"] == ada for each in kept["models"])
    assert len(user["trainings"]) == sum(each["account_id"] == ada and each["kind"] == "train" for each in kept["jobs"])
    assert [len(user[name]) for name in ("webhooks", "backtests", "API keys")] == [1, 1, 1]
    assert "ACME" in {row["symbol"] for row in user["datasets"]}
    assert len(buyer["shop window"]) == len(buyer["subscriptions"]) == 1
    assert len(jobs) == len(kept["jobs"])
    assert {each.service for each in instances} == set(SERVICES)
    now_there = {service: await documents(stage.places, service) for service in SERVICES}
    assert {service: there.get("set_aside", []) for service, there in now_there.items()} == {each: [] for each in SERVICES}
    (brought,) = now_there["gateway"]["schema"]
    assert [each["number"] for each in brought["done"]] == [each.number for each in GATEWAY_SCHEMA.migrations]


async def test_what_a_release_told_is_read_and_told_again_changes_no_books(stage: Stage) -> None:
    told = [MESSAGES[topic].model_validate(body) for topic, body in events_of(stage.release, "events")]
    seldom = [MESSAGES[topic].model_validate(body) for topic, body in events_of(stage.release, "examples")]
    before, broker = await documents(stage.places, "marketplace"), stage.world.broker

    teller = MemoryBus(broker, service="training", instance="training-1")
    for event in told:
        assert isinstance(event, Event)
        await teller.publish(event)
    await broker.all_heard()

    after = await documents(stage.places, "marketplace")
    assert {type(event) for event in (*told, *seldom)} <= set(EVENTS)
    assert len(told) > len(seldom) > 0
    assert [failure for _, failure in broker.dead] == []
    for books in ("wallets", "movements", "reservations", "money_movements", "bills", "subscriptions"):
        assert after[books] == before[books], books


async def test_what_is_written_today_has_all_that_a_release_reads_in_its_types(stage: Stage) -> None:
    ada = await stage.world.user()
    model_id = await stage.world.trained(ada)
    await ada.call("POST", f"/models/{await ada.make_model()}/archive/")
    await ada.call("POST", "/webhooks/", {"url": "http://127.0.0.1:9/hook", "events": ["training_job.completed"]})
    await ada.call("POST", "/compute/purchase-credits/", {"hours": 10, "payment_method": "credit_card"})
    await ada.http.post("/auth/api-keys", json={"name": "nightly"})

    async def is_charged() -> bool:
        return await stage.world.database["jobs"].count_documents({"model_id": model_id, "charged_hours": {"$ne": None}}) == 1

    await until(is_charged, what="the charge")

    problems, compared = dict[str, list[str]](), set[str]()
    for service in ("gateway", "marketplace"):
        for name, found in (await documents(stage.places, service)).items():
            today = [each for each in found if "later" not in each]
            compared |= {f"{service}.{name}"} if today else set()
            problems[f"{service}.{name}"] = shape_problems(documents_of(stage.release, service).get(name, []), today)
    assert {name: said for name, said in problems.items() if said} == {}
    assert {"gateway.models", "gateway.jobs", "gateway.accounts", "marketplace.wallets", "marketplace.movements"} <= compared


async def test_what_the_page_of_limits_says_expires_does_and_nothing_else(stage: Stage) -> None:
    settings = SharedSettings.model_validate(stage.places.settings())
    training, monitoring = (connect(settings, name) for name in ("training", "monitoring"))
    await TrainingJobs(training, lease=AGE, life=AGE, on_write=len).prepare()
    await InstancesMongo(monitoring["instances"], on_write=int).prepare(forget_after=AGE)
    await AlertsMongo(monitoring["alerts"]).prepare()

    expiring = {
        (database.name.rpartition("_")[2], name)
        for database in (stage.world.database, connect(settings, "marketplace"), training, monitoring)
        for name in await database.list_collection_names()
        if any("expireAfterSeconds" in index for index in (await database[name].index_information()).values())
    }

    assert expiring == {each for each, bound in bounds().items() if "TTL" in bound and each[0] != "inference"}


def shape_problems(released: list[dict[str, Any]], current: Iterable[dict[str, Any]]) -> list[str]:
    """Say what documents lack that every released one has, and which types are others."""
    types: dict[str, set[type]] = defaultdict(set)
    for document in released:
        for name, value in document.items():
            types[name].add(type(value))
    always = [name for name in types if name not in LEASES and all(name in document for document in released)]
    problems = set()
    for document in current:
        problems |= {f"{name} is missing" for name in always if name not in document}
        for name, value in document.items():
            known = types.get(name, set()) - {type(None)}
            if value is not None and known and type(value) not in known:
                problems.add(f"{name} is {type(value).__name__}, and was {sorted(each.__name__ for each in known)}")
    return sorted(problems)
