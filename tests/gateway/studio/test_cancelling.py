"""Cancelling through AI Studio's front door: kept first, then done, then refunded."""

from decimal import Decimal

import orjson
import pytest

from libs.contracts.marketplace import CreditsCharged, SettleCredits
from libs.contracts.training import TrainingCancelRequested
from services.gateway.outbound import services_bus
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_running_job_is_cancelled_and_its_rest_comes_back(studio: World, ada: User) -> None:
    model_id = await ada.make_model()
    job_id = await ada.train(model_id)
    await studio.training.progress(job_id, 30)
    cost = Decimal((await ada.job_is(job_id, "RUNNING"))["estimated_cost"])

    answer = await ada.call("POST", f"/training-jobs/{job_id}/cancel/")

    assert answer.status_code == 200
    assert answer.json() == {
        "message": "Training job cancelled successfully",
        "refund_amount": f"{cost - Decimal('0.02'):.2f}",  # 0.004 h at 5.00 were used
        "job_id": job_id,
        "status": "CANCELLED",
    }
    job = await ada.get(f"/training-jobs/{job_id}/")
    assert (job["status"], job["cost"], job["refund_amount"]) == ("CANCELLED", "0.02", answer.json()["refund_amount"])
    assert (await ada.get(f"/models/{model_id}/"))["status"] == "DRAFT"


async def test_each_service_numbers_what_it_tells_of_a_job(studio: World, ada: User) -> None:
    job_id = await ada.train(await ada.make_model())
    await studio.training.progress(job_id, 10)
    await studio.training.progress(job_id, 20)

    await ada.call("POST", f"/training-jobs/{job_id}/cancel/")

    async def all_told() -> bool:
        return all(studio.events(each.topic, key=job_id) for each in (TrainingCancelRequested, CreditsCharged))

    await until(all_told)
    numbers: dict[str, list[int]] = {}
    for entry in studio.broker.events:
        if entry["key"] == job_id:
            numbers.setdefault(entry["headers"]["ce_source"], []).append(orjson.loads(entry["body"])["sequence"])
    assert numbers == {"/modelbourse/gateway": [1, 2], "/modelbourse/training": [2, 3, 4], "/modelbourse/marketplace": [1]}


async def test_a_pending_job_can_be_cancelled_and_the_model_trained_again_at_once(studio: World, ada: User) -> None:
    studio.training.tells_cancellations = False
    model_id = await ada.make_model()
    job_id = await ada.train(model_id)

    answer = await ada.call("POST", f"/training-jobs/{job_id}/cancel/")
    again = await ada.call("POST", f"/models/{model_id}/train/", {})

    studio.training.tells_cancellations = True
    assert (answer.status_code, again.status_code) == (200, 202)
    assert (await ada.get(f"/training-jobs/{job_id}/"))["status"] == "CANCELLED"
    assert again.json()["model_version"] == "1.1"


async def test_progress_that_comes_late_does_not_wake_a_cancelled_job(studio: World, ada: User) -> None:
    studio.training.tells_cancellations = False
    job_id = await ada.train(await ada.make_model())
    await ada.call("POST", f"/training-jobs/{job_id}/cancel/")
    studio.training.tells_cancellations = True

    await studio.training.progress(job_id, 80, lines=["a last line"])

    async def line_there() -> bool:
        return bool((await ada.get(f"/training-jobs/{job_id}/"))["logs"])

    await until(line_there)
    job = await ada.get(f"/training-jobs/{job_id}/")
    assert (job["status"], job["progress"]) == ("CANCELLED", 30)


async def test_cancelling_twice_is_refused_but_the_same_key_gets_the_same_answer(studio: World, ada: User) -> None:
    job_id = await ada.train(await ada.make_model())

    first = await ada.call("POST", f"/training-jobs/{job_id}/cancel/", key="stop")
    same = await studio.at_the_other(ada).call("POST", f"/training-jobs/{job_id}/cancel/", key="stop")
    second = await ada.call("POST", f"/training-jobs/{job_id}/cancel/")

    assert first.json() == same.json()
    assert (second.status_code, second.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert second.json()["error"]["details"] == {"status": ["The job is CANCELLED."]}


async def test_a_cancellation_whose_refund_was_not_heard_of_can_be_asked_for_again(
    studio: World, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = await ada.train(await ada.make_model())
    marketplace = studio.broker.answering.pop(SettleCredits.name)

    with monkeypatch.context() as impatient:
        impatient.setattr(services_bus, "CREDITS_WITHIN_S", 0.2)
        cut_off = await ada.call("POST", f"/training-jobs/{job_id}/cancel/")
    studio.broker.answering[SettleCredits.name] = marketplace
    again = await ada.call("POST", f"/training-jobs/{job_id}/cancel/")

    assert (cut_off.status_code, cut_off.json()["error"]["code"]) == (504, "TIMEOUT")
    assert "is cancelled" in cut_off.json()["error"]["message"]
    assert (again.status_code, again.json()["status"]) == (200, "CANCELLED")
    assert (await ada.call("POST", f"/training-jobs/{job_id}/cancel/")).status_code == 400


async def test_a_finished_job_cannot_be_cancelled(studio: World, ada: User) -> None:
    job_id = await ada.train(await ada.make_model())
    await studio.training.complete(job_id)
    await ada.job_is(job_id, "COMPLETED")

    answer = await ada.call("POST", f"/training-jobs/{job_id}/cancel/")

    assert (answer.status_code, answer.json()["error"]["details"]) == (400, {"status": ["The job is COMPLETED."]})


async def test_a_cancellation_that_nobody_confirms_is_kept(studio: World, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = await ada.train(await ada.make_model())
    studio.training.speaks.clear()
    # Were its end told when training speaks again, it might be settled before it is cancelled once more.
    studio.training.tells_cancellations = False

    with monkeypatch.context() as impatient:
        impatient.setattr(services_bus, "CANCEL_WITHIN_S", 0.2)
        answer = await ada.call("POST", f"/training-jobs/{job_id}/cancel/")
    studio.training.speaks.set()
    again = await ada.call("POST", f"/training-jobs/{job_id}/cancel/")
    studio.training.tells_cancellations = True

    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "TIMEOUT")
    assert "recorded" in answer.json()["error"]["message"]

    async def told() -> bool:
        return job_id in studio.training.wishes

    await until(told)
    assert len(studio.events(TrainingCancelRequested.topic, key=job_id)) == 1
    assert again.status_code == 200


async def test_a_cancellation_is_kept_while_the_broker_is_away(studio: World, ada: User) -> None:
    job_id = await ada.train(await ada.make_model())
    await studio.training.heard(job_id)

    studio.broker.away = True
    answer = await ada.call("POST", f"/training-jobs/{job_id}/cancel/")
    studio.broker.away = False

    async def told() -> bool:
        return job_id in studio.training.wishes

    await until(told)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert "recorded" in answer.json()["error"]["message"]
