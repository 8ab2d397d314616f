"""Waiting for a training: to its end, not for ever, and ending it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from modelbourse import ConflictError, Modelbourse, TrainingCancelledError, WaitTimeoutError
from modelbourse.answers.trainings import JobDetails
from modelbourse.gateway import Credential, Gateway, Left, Retries
from tests.client.people import slow_model
from tests.journeys.customer import small_model

pytestmark = pytest.mark.journey


def test_whoever_does_not_wait_for_ever_is_told_that_the_training_goes_on(client: Modelbourse) -> None:
    model_id = client.models.create(**slow_model("slow")).id
    job = client.models.train(model_id)

    with pytest.raises(WaitTimeoutError, match="it goes on"):
        job.wait(timeout=0.5)

    with pytest.raises(ConflictError):
        client.models.train(model_id)
    assert job.details().status in {"PENDING", "RUNNING"}
    cancelled = job.cancel()
    assert (cancelled.status, job.details().status) == ("CANCELLED", "CANCELLED")
    with pytest.raises(TrainingCancelledError) as told:
        job.wait()
    assert told.value.job.id == job.id


def test_a_watcher_sees_the_training_go_on_and_the_log_is_followed_to_its_end_without_gaps(client: Modelbourse) -> None:
    seen: list[JobDetails] = []
    job = client.models.train(client.models.create(**small_model("watched")).id)

    with ThreadPoolExecutor(1) as beside:
        following = beside.submit(lambda: list(job.logs(follow=True)))
        client.jobs.wait(job.id, watch=seen.append)
        followed = following.result()

    assert seen[-1].ended
    assert [each.progress for each in seen] == sorted(each.progress for each in seen)
    assert client.jobs.get(job.id) == seen[-1]
    assert client.jobs.page(model_id=seen[-1].model_id).count == 1
    assert followed == list(job.logs())
    assert followed[-1].message == "Done"


def test_the_hours_requests_are_made_to_last() -> None:
    gateway = Gateway("http://gateway", Credential("token"), Retries(), timeout=30)
    assert gateway.pace(0.5) == 0.5
    gateway.left = Left(remaining=60, limit=100, fresh_at=float("inf"))
    assert gateway.pace(0.5) == 0.5  # More than half of them is left.
    gateway.left = Left(remaining=0, limit=100, fresh_at=0.0)
    assert gateway.pace(0.5) == 0.5  # The hour is over.
    gateway.left = Left(remaining=9, limit=100, fresh_at=float("inf"))
    assert gateway.pace(0.5) == float("inf")
