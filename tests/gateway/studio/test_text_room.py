"""A training whose account has no room left when its files come is failed in words, and leaves nothing half."""

import pytest

from libs.contracts.envelope import now
from libs.contracts.texts import TEXT
from libs.contracts.training import Artifact
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.tier_limits import DEFAULTS, Limit
from services.gateway.outbound.files.files_mongo import FilesMongo
from tests.gateway.studio.text_runs import begun, complete, got, run_is, send_news
from tests.gateway.studio.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_files_for_which_there_is_no_room_any_more_fail_the_training_and_none_of_them_is_kept(studio: World) -> None:
    user = await studio.user(Tier.FREE)
    await send_news(user)
    run = await begun(user, output_dir="outputs/cut")
    room = DEFAULTS[Limit.FILE_BYTES][Tier.FREE]
    large = Artifact(uri="elsewhere", sha256="e" * 64, size=room - 60)
    kept = FilesMongo(studio.database["files"])
    await kept.put_many({"large.bin": large}, account_id=user.account_id, made_by=None, at=now())
    # A gateway that was killed between putting files there and looking for room has left this.
    half = studio.training.artifacts.put(b"half")
    await kept.put_many({"outputs/cut/report.html": half}, account_id=user.account_id, made_by=run["job_id"], at=now())

    end = await complete(studio, user, run["job_id"], status="failed")
    failed = await run_is(user, run["job_id"], "failed")
    await studio.training.again(end)
    files = {file["path"] for file in (await got(user, "/files"))["items"]}
    model = await studio.gateway.platform.models.named("sentiment-analysis", account_id=user.account_id, kind=TEXT)

    assert failed["error"]["type"] == "StorageFullError"
    assert "does not fit into your data root any more, and nothing of it was kept" in failed["error"]["message"]
    assert "Delete files that are no longer used" in failed["error"]["message"]
    assert (failed["result"], failed["files"], files) == (None, [], {"data/news.json", "large.bin"})
    assert model.versions == ()


async def test_nothing_is_sent_into_a_folder_that_a_job_at_work_will_write_to(studio: World) -> None:
    user = await studio.user(Tier.FREE)
    await send_news(user)
    run = await begun(user, output_dir="outputs/mine")

    inside = await user.http.put("/api/v1/files/outputs/mine/model/manifest.json", content=b"{}")
    beside = await user.http.put("/api/v1/files/outputs/mine.json", content=b"{}")
    await complete(studio, user, run["job_id"])
    after = await user.http.put("/api/v1/files/outputs/mine/notes.txt", content=b"mine")

    assert (inside.status_code, beside.status_code, after.status_code) == (409, 201, 201)
    assert f"'outputs/mine' is where {run['job_id']} puts what it makes" in inside.json()["error"]["message"]
