"""Jobs that cannot be read: they are set aside, and all the others are taken up, taken over and cancelled."""

import json
from datetime import timedelta
from typing import Any

import pytest

from libs.contracts.envelope import now
from tests.training.conftest import Story, until

PAST = now() - timedelta(hours=1)
QUEUED: dict[str, Any] = {"state": "queued", "account_id": "account_0", "cancel_requested": False, "not_before": PAST}
# What each look of the service finds of a job that lacks all the rest, or has something odd.
BAD: dict[str, dict[str, Any]] = {
    "waiting": QUEUED | {"priority": "high", "requested_at": PAST},
    "waiting with an unknown priority": QUEUED | {"priority": "soon", "requested_at": PAST},
    "waiting since nobody knows when": QUEUED | {"priority": "high"},
    "running without an owner": {"state": "running", "account_id": "account_0", "lease_until": PAST, "run": {"id": "run", "owner": "gone"}},
}


@pytest.mark.parametrize("kind", BAD)
async def test_a_job_that_cannot_be_read_keeps_no_other_waiting(kind: str, story: Story) -> None:
    await story.database["jobs"].insert_one({"_id": "bad"} | BAD[kind])

    async with story.service():
        request = await story.request()
        end = await story.ended(request)

        async def aside() -> bool:
            return await story.database["set_aside"].find_one({"_id": "jobs/bad"}) is not None

        await until(aside)

    assert end["topic"] == "training.completed"
    bad = await story.database["jobs"].find_one({"_id": "bad"})
    assert bad is not None
    assert bad["set_aside"]["error"]


async def test_an_ended_job_whose_spec_is_none_any_more_does_not_keep_the_next_of_its_model_from_beginning(story: Story) -> None:
    async with story.service():
        first = await story.request(burns_at=2, reserved_hours="0")
        await story.ended(first)
        story.open_gate()
        of_once = {"$set": {"spec": json.dumps({"algorithm": "alchemy"})}}
        await story.database["jobs"].update_one({"_id": first.job_id}, of_once)
        second = await story.request(model_id=first.model_id)
        end = await story.ended(second)

    assert (end["topic"], (await story.job(second))["continues"]) == ("training.completed", None)
    assert (await story.job(first))["set_aside"]["error"]
