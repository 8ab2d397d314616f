"""One trace leads from the HTTP request through Kafka to the Ray task."""

import pytest

from tests.journeys.collector import Collector
from tests.journeys.on_sale import OnSale
from tests.waiting import until

pytestmark = pytest.mark.journey


@pytest.mark.timeout(400)
async def test_a_training_is_one_trace_from_the_request_to_the_ray_task(on_sale: OnSale, collector: Collector) -> None:
    trace_id = on_sale.trace_id

    async def whole() -> bool:
        return {"gateway", "marketplace", "training"} <= {span.service for span in collector.of_trace(trace_id)} and any(
            span.name == "training.run" for span in collector.of_trace(trace_id)
        )

    await until(whole, what="spans of every part in one trace")
    spans = {span.span_id: span for span in collector.of_trace(trace_id)}
    run = next(span for span in spans.values() if span.name == "training.run")
    assert run.parent_id in spans, "the Ray task's span hangs under the service that started it"
