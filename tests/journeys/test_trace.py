"""One trace leads from the HTTP request through Kafka to the Ray task."""

import secrets

import pytest

from tests.journeys.collector import Collector
from tests.journeys.customer import Customer, small_model
from tests.journeys.platform import Platform
from tests.waiting import until

pytestmark = pytest.mark.journey


@pytest.mark.timeout(400)
async def test_a_training_is_one_trace_from_the_request_to_the_ray_task(platform: Platform, collector: Collector) -> None:
    customer = await Customer(platform.gateway).sign_up()
    model_id = await customer.make_model(small_model("traced", algorithm="LOGISTIC_REGRESSION"))
    trace_id = secrets.token_hex(16)

    answer = await customer.call(
        "POST",
        f"/api/ai-studio/models/{model_id}/train/",
        body={},
        headers={"traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-01"},
    )
    assert answer.status_code == 202, answer.text
    await customer.ended(answer.json()["job_id"])

    async def whole() -> bool:
        # Spans are sent when they end, and the one that started the task ends after it.
        spans = {span.span_id: span for span in collector.of_trace(trace_id)}
        run = next((span for span in spans.values() if span.name == "training.run"), None)
        parts = {span.service for span in spans.values()}
        return {"gateway", "marketplace", "training"} <= parts and run is not None and run.parent_id in spans

    await until(whole, what="spans of every part in one trace, and the Ray task's under the service that started it")
    await customer.close()
