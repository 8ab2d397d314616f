"""Records what this release writes, on a whole platform of real servers: `make record`, once, when a release is made.

The next releases are held to it (test_last_release.py). A release's files are never changed afterwards: they are what was written.
"""

import asyncio
import json
import shutil
import socket
import sys
import tempfile
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from pymongo import AsyncMongoClient

from libs.contracts.examples import EXAMPLES
from libs.contracts.topics import EVENTS
from tests.journeys.customer import Customer, small_model
from tests.journeys.messy import messy
from tests.journeys.on_sale import OFFER, STUDIO
from tests.journeys.platform import SERVICES, Platform, platform_running
from tests.journeys.test_cli import an_admin
from tests.releases.recorded import BUYER, PASSWORD, ROOT, SELLER, USER, Anonymous, write
from tests.waiting import until

# Of what comes by the hundred, and is read one by one.
FEW = {"predictions": 3, "record_days": 5}
# Events of one topic that differ in what they tell of.
EACH = 3
BACKTEST = {"strategy_name": "rsi", "symbol": "AAPL", "timeframe": "1d", "start_date": "2005-01-03", "end_date": "2012-12-31"}


async def signed_up(platform: Platform, name: str) -> Customer:
    customer = Customer(platform.gateway)
    customer.username, customer.password = name, PASSWORD
    return await customer.sign_up()


async def a_user_tries_everything(platform: Platform) -> None:
    """One of each: models in every state, jobs of every kind and end, a dataset, a key, a webhook, hours that were bought."""
    user = await signed_up(platform, USER)
    await user.persist("POST", "/auth/api-keys", body={"name": "nightly"}, accept={201})
    await user.persist(
        "POST", "/api/ai-studio/compute/purchase-credits/", body={"hours": 10, "payment_method": "credit_card"}, accept={200, 201}
    )
    hook = {"url": "http://127.0.0.1:9/hook", "events": ["training_job.completed"]}
    await user.persist("POST", f"{STUDIO}/webhooks/", body=hook, accept={201})
    await user.make_model(small_model("a draft"))
    archived = await user.make_model(small_model("put away"))
    await user.persist("POST", f"{STUDIO}/models/{archived}/archive/", accept={200})
    trained = await user.make_model(small_model("trained"))
    jobs = [await user.train(trained)]
    jobs.append(await user.train(await user.make_model(small_model("stopped", trees=500))))
    await user.persist("POST", f"{STUDIO}/training-jobs/{jobs[1]}/cancel/", accept={200})
    wrong = small_model("fails", algorithm="LOGISTIC_REGRESSION")
    wrong["training_config"] = wrong["training_config"] | {"start_date": "2012-11-01"}
    refused = await user.call("POST", f"{STUDIO}/models/", body=wrong)
    if refused.status_code == 201:  # HTTP's
        jobs.append(await user.train(refused.json()["id"]))
    await user.persist("POST", "/api/backtests", body=BACKTEST | {"parameters": {}}, accept={202})
    await user.persist_file("/v1/ai/datasets", messy(), fields={"symbol": "ACME", "timeframe": "1h"})
    for job in jobs:
        await user.ended(job)
    await user.persist("POST", f"{STUDIO}/models/{trained}/predict/", body={"symbols": ["AAPL"]}, accept={200})
    await user.close()


async def a_model_is_sold(platform: Platform) -> None:
    """Trained, published, approved, measured, subscribed to and rated."""
    seller, buyer = await signed_up(platform, SELLER), await signed_up(platform, BUYER)
    reviewer = await an_admin(platform)
    model_id = await seller.make_model(small_model("for sale"))
    await seller.ended(await seller.train(model_id))
    published = await seller.persist("POST", f"{STUDIO}/models/{model_id}/publish/", body=OFFER, accept={201})
    listing = f"{STUDIO}/marketplace/{published.json()['listing_id']}"
    await reviewer.persist("POST", f"{listing}/approve/", accept={200})
    terms = {"subscription_type": "MONTHLY", "auto_renew": True}
    await buyer.persist("POST", f"{listing}/subscribe/", body=terms, accept={201})
    await buyer.persist("POST", f"{listing}/rate/", body={"rating": 5, "comment": "Good"}, accept={200, 201})

    async def measured() -> bool:
        shown = (await buyer.persist("GET", f"{listing}/", accept={200})).json()
        return bool(shown["performance_metrics"]["measured_at"])

    await until(measured, what="the record")
    for customer in (seller, buyer, reviewer):
        await customer.close()


async def documents_of(mongodb: str) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Return all documents, by service and collection, once nothing waits to be published."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    async with AsyncMongoClient[dict[str, Any]](mongodb, tz_aware=True) as client:
        for service in SERVICES:
            database = client[f"modelbourse_{service}"]
            for name in await database.list_collection_names():
                documents = await database[name].find({"_id": {"$ne": "lock"}}).sort("_id").limit(FEW.get(name, 0)).to_list()
                if documents:
                    found[service, name] = documents
    return found


async def events_of(kafka: str) -> dict[tuple[str, str], list[Any]]:
    """Return some `events` of each topic, one of each state that they tell of, and `examples` of what this story did not tell."""
    told: dict[str, dict[str, Any]] = defaultdict(dict)
    async with AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest", enable_auto_commit=False) as consumer:
        places = [TopicPartition(topic.name, number) for topic in EVENTS.values() for number in range(topic.partitions)]
        consumer.assign(places)
        # What comes meanwhile, heartbeats above all, would never end.
        for place, end in (await consumer.end_offsets(places)).items():
            while await consumer.position(place) < end:
                for record in (await consumer.getmany(place, timeout_ms=1000)).get(place, ()):
                    body = json.loads(record.value)
                    told[place.topic].setdefault(str([body.get(name) for name in ("type", "kind", "state", "stage", "reason")]), body)
    seldom = [event for event in EVENTS if event.topic not in told]
    return {("events", topic): list(found.values())[:EACH] for topic, found in told.items()} | {
        ("examples", event.topic): [json.loads(EXAMPLES[event].model_dump_json())] for event in seldom
    }


async def record(platform: Platform, release: Path) -> None:
    """Have the story and write its files."""
    await asyncio.gather(a_user_tries_everything(platform), a_model_is_sold(platform))
    await asyncio.sleep(4)  # The log of predictions, charges and heartbeats come behind.
    await keep(platform, release)


async def keep(platform: Platform, release: Path) -> None:
    """Write what there is on a platform."""
    status = platform.status()
    documents, events = await documents_of(status["mongodb"]), await events_of(status["kafka"])
    plain = Anonymous((str(platform.run_dir), "/run"), (socket.gethostname(), "host"))
    write(release, documents=documents, events=events, plain=plain)


def main() -> None:
    """Record this release; refuse to change one that is there."""
    release = ROOT / (sys.argv[1] if len(sys.argv) > 1 else version("modelbourse-platform"))
    if release.exists():
        sys.exit(f"{release} is there: what a release wrote is not changed afterwards; remove the folder first where it was never released")
    with tempfile.TemporaryDirectory() as folder, platform_running(Path(folder) / "run", broker="embedded", kafka_home=None) as platform:
        try:
            asyncio.run(record(platform, release))
        except BaseException:
            shutil.rmtree(release, ignore_errors=True)
            raise
    sys.stdout.write(f"{release}\n")


if __name__ == "__main__":
    main()
