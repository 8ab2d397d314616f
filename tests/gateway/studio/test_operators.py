"""What operators do to jobs of any account: end them with a reason that their owner reads, and have them run again."""

from typing import Any

import pytest

from services.gateway.domain.accounts.account import Role
from tests.gateway.studio.test_other_jobs import complete, heard, job_of, start
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def done(admin: User, path: str, body: Any = None, *, status: int = 200) -> Any:
    """Return what an operator's request is answered with."""
    answer = await admin.http.request("GET" if path.count("/") < 4 and body is None else "POST", path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_job_that_an_operator_ends_is_given_back_and_its_owner_reads_why(studio: World, ada: User) -> None:
    admin, why = await studio.user(role=Role.ADMIN), {"reason": "The cluster is taken down for repairs."}
    training, backtest = await ada.train(await ada.make_model()), (await start(studio, ada, slug=f"rsi_{ada.account_id}")).id
    await heard(studio, backtest)

    stopped = [await done(admin, f"/admin/jobs/{job_id}/stop", why) for job_id in (training, backtest)]
    again = await admin.http.post(f"/admin/jobs/{training}/stop", json=why)

    assert [(job["status"], job["refund"] is not None, job["cancel_reason"]) for job in stopped] == [("CANCELLED", True, why["reason"])] * 2
    shown = await ada.job_is(training, "CANCELLED")
    assert (shown["cancel_reason"], shown["refund_amount"]) == (why["reason"], stopped[0]["refund"])
    assert why["reason"] in (await ada.http.get(f"/api/backtests/{backtest}")).json()["error"]
    assert (again.status_code, again.json()["error"]["details"]) == (400, {"status": ["The job is cancelled."]})


async def test_a_failed_training_runs_again_once_with_its_own_spec_and_is_charged_once(studio: World, ada: User) -> None:
    admin, model_id = await studio.user(role=Role.ADMIN), await ada.make_model()
    failed = await ada.train(model_id)
    asked = await studio.training.heard(failed)
    await studio.training.fail(failed)
    await ada.job_is(failed, "FAILED")

    first, second = [await done(admin, f"/admin/jobs/{failed}/requeue", {}, status=202) for _ in range(2)]
    again = await studio.training.heard(first["job"]["id"])
    await studio.training.complete(again.job_id)
    job = await ada.job_is(again.job_id, "COMPLETED")

    assert first["requeued"] == failed
    assert first["job"]["id"] == second["job"]["id"] != failed
    assert (again.spec, again.model_id, again.account_id) == (asked.spec, model_id, ada.account_id)
    assert (await ada.get(f"/models/{model_id}/"))["version"] == job["model_version"]
    assert (await ada.job_is(failed, "FAILED"))["cost"] == "0.00"
    listed = (await done(admin, f"/admin/jobs?account={ada.account_id}"))["results"]
    assert [(each["id"], each["status"]) for each in listed] == [(again.job_id, "COMPLETED"), (failed, "FAILED")]
    assert (await done(admin, f"/admin/jobs?account={ada.account_id}&status=FAILED&kind=train"))["count"] == 1


async def test_a_job_that_has_not_failed_does_not_run_again(studio: World, ada: User) -> None:
    admin, job = await studio.user(role=Role.ADMIN), await start(studio, ada)
    await complete(studio, job.id)
    await job_of(studio, job.id, ada, slot=None, progress=100)

    refused = await admin.http.post(f"/admin/jobs/{job.id}/requeue")
    missing = await admin.http.post("/admin/jobs/job_x/requeue")

    assert refused.status_code == 400
    assert "only a failed job runs again" in refused.json()["error"]["message"]
    assert missing.status_code == 404
