"""Webhooks are told of a training on texts as of any training, beside what they are told of any job."""

import json
from typing import Any

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.envelope import Event
from libs.contracts.examples import EXAMPLES
from libs.contracts.jobs import JobCancelled, JobCompleted, JobFailed
from services.gateway.inbound.faces.ai_studio.notices import notices_of
from tests.gateway.studio.registered_texts import result_of


def told(kind: type[Event], **changes: Any) -> dict[str, dict[str, Any]]:
    """Return what webhooks are told of an event, by the event's name."""
    event = EXAMPLES[kind].model_copy(update={"kind": "train_text", "model_id": "model_1", **changes})
    notices = notices_of(event)
    assert len({each.message_id for each in notices}) == len(notices)
    return {each.event: json.loads(each.body)["data"] for each in notices}


def test_a_training_on_texts_is_told_as_a_training_and_as_a_job(tmp_path: Any) -> None:
    result = result_of(Artifacts(str(tmp_path)), "job_1", macro_f1=0.7)

    completed, failed = told(JobCompleted, result=result.model_dump(mode="json")), told(JobFailed)
    cancelled = told(JobCancelled)

    assert completed.keys() == {"job.completed", "training_job.completed"}
    assert completed["training_job.completed"]["performance_metrics"] == {"accuracy": 0.74, "sharpe_ratio": None}
    assert "trades nothing" in completed["training_job.completed"]["reasons"]["sharpe_ratio"]
    assert failed["training_job.failed"]["error"] == failed["job.failed"]["error"]
    assert cancelled["training_job.cancelled"]["model_id"] == "model_1"
    assert told(JobFailed, model_id=None).keys() == {"job.failed"}
