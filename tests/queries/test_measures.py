"""What is measured every few seconds is read from indexes, however large the collections are."""

from datetime import timedelta

from prometheus_client import CollectorRegistry

from libs.chassis.liveness.measures import read_once
from libs.chassis.stores.mongo import Database
from libs.chassis.stores.outbox_measure import outbox_measure
from libs.contracts.envelope import now
from libs.contracts.examples import EXAMPLES
from libs.contracts.training import TrainingRequested
from services.gateway.outbound.dead_letters_mongo import DeadLettersMongo
from services.gateway.outbound.measures import letters_measure, webhooks_measure
from services.gateway.outbound.webhooks.webhook_turns_mongo import WebhookTurnsMongo
from services.training.domain.job import job_from
from services.training.outbound.jobs_mongo import JobsMongo
from services.training.outbound.queue_measure import queue_measure
from tests.queries.profiled import multiply, profiled


async def test_queue_outbox_webhooks_and_letters_are_measured_by_their_indexes(database: Database, many: int) -> None:
    request, registry = EXAMPLES[TrainingRequested], CollectorRegistry()
    assert isinstance(request, TrainingRequested)
    jobs = JobsMongo(database, lease=timedelta(seconds=10), life=timedelta(days=365), on_write=lambda _: None)
    await jobs.prepare()
    await jobs.add(job_from(request.model_copy(update={"job_id": "job"}), traceparent=None, correlation_id=None))
    await multiply(database["jobs"], "job", by=many)
    await database["jobs"].create_index("pending_events.event_id", sparse=True)
    await WebhookTurnsMongo(database["webhooks"]).prepare()
    await database["webhooks"].insert_one({"_id": "webhook", "enabled": True, "due_at": now() + timedelta(hours=1), "set_aside": None})
    await multiply(database["webhooks"], "webhook", by=many)
    await DeadLettersMongo(database["dead_letters"]).prepare()
    await database["dead_letters"].insert_one({"_id": "letter", "dealt_with": {"how": "replayed"}, "kept_at": now(), "topic": "t"})
    await multiply(database["dead_letters"], "letter", by=many)
    measures = [
        queue_measure(database["jobs"], registry=registry),
        outbox_measure([database["jobs"]], registry=registry),
        webhooks_measure(database, registry=registry),
        letters_measure(database, registry=registry),
    ]

    async with profiled(database) as took:
        assert [await read_once(measure) for measure in measures] == [True] * 4

    assert took.problems() == []
    assert len(took.works) == 4
    assert registry.get_sample_value("modelbourse_jobs_queued", {"tier": request.tier}) == many + 1
