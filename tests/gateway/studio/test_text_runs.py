"""Stories of trainings on texts in Model Builder: accepted once, followed to their end, cancelled, gone on with, and nobody else's."""

import asyncio
from datetime import timedelta

import pytest
from websockets.asyncio.client import connect

from libs.contracts.envelope import now
from libs.contracts.job_kinds import JobKind
from libs.contracts.texts import TEXT, TextProgress, TextSpec
from libs.contracts.training import LogLine
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.work import Work
from services.gateway.usecases.jobs.effects import Order
from tests.gateway.studio.other_jobs import caller_of, heard
from tests.gateway.studio.sockets import authorization, closed, message
from tests.gateway.studio.text_runs import METRICS, begun, call, complete, fail, got, problems_of, progress, run_is, send_news
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
DOCUMENTED = {
    "data_path": "data/news_dataset.json",
    "output_dir": "outputs/training_run_123",
    "experiment_name": "crypto-sentiment-v1",
    "config": {"training": {"backbone": "ProsusAI/finbert", "batch_size": 16, "learning_rate": 2e-5, "num_epochs": 3}},
}


async def test_a_training_is_accepted_followed_and_answers_what_it_measured(studio: World, ada: User) -> None:
    await send_news(ada, "data/news_dataset.json")

    started = await call(ada, "POST", "/training/start", DOCUMENTED)
    told = started.json()["data"]
    request = await heard(studio, told["job_id"])
    spec = TextSpec.model_validate(request.spec)
    waiting = await got(ada, f"/training/{told['job_id']}")
    await progress(studio, told["job_id"], epoch=2)
    running = await run_is(ada, told["job_id"], "running", current_step=150)
    await complete(studio, ada, told["job_id"])
    done = await got(ada, f"/training/{told['job_id']}")

    assert started.status_code == 201
    assert (told["status"], told["mlflow_run_id"], told["version"]) == ("started", told["job_id"], "1.0")
    assert told["estimate"]["basis"] != "your past jobs"
    assert told["estimated_duration"].endswith("s")
    assert (spec.data.path, spec.output_dir, spec.version) == ("data/news_dataset.json", "outputs/training_run_123", "1.0")
    assert (spec.config.training.backbone, spec.config.training.learning_rate) == ("ProsusAI/finbert", 2e-5)
    assert waiting["progress"] == {"current_epoch": None, "total_epochs": 3, "current_step": 0, "total_steps": 0, "percentage": 0.0}
    assert waiting["reasons"]["metrics.val_loss"] == "It is known once the training is under way."
    assert running["progress"] == {"current_epoch": 2, "total_epochs": 3, "current_step": 150, "total_steps": 225, "percentage": 66.7}
    assert running["metrics"] == {"train_loss": 0.45, "val_loss": 0.52, "val_accuracy": 0.87, "val_macro_f1": 0.86}
    assert running["estimated_completion"] is not None
    assert done["model_path"] == "outputs/training_run_123/model"
    assert "outputs/training_run_123/report.html" in done["files"]
    assert (done["result"]["metrics"], done["result"]["baselines"]["majority"]["accuracy"]) == (METRICS, 0.5)
    assert done["resumable_from"] == "outputs/training_run_123/checkpoint-2"
    assert done["reasons"]["metrics.log_loss"] == "It was not measured."
    files = await got(ada, "/files?prefix=outputs/training_run_123/")
    assert {file["path"] for file in files["items"]} == set(done["files"])
    assert {file["made_by"] for file in files["items"]} == {told["job_id"]}


async def test_runs_of_one_experiment_go_side_by_side_and_each_makes_a_version(studio: World, ada: User) -> None:
    await send_news(ada)

    first, second = await begun(ada), await begun(ada)
    ends = [await complete(studio, ada, run["job_id"]) for run in (second, first)]
    gone = await call(ada, "DELETE", f"/files/{first['output_dir']}/report.html")
    for end in ends:
        await studio.training.again(end)
    model = await studio.gateway.platform.models.named("sentiment-analysis", account_id=ada.account_id, kind=TEXT)
    third = await begun(ada)

    await complete(studio, ada, third["job_id"])
    paths = {file["path"] for file in (await got(ada, f"/files?prefix={first['output_dir']}/"))["items"]}

    assert [run["version"] for run in (first, second, third)] == ["1.0", "1.1", "1.2"]
    # An end that is told again does not bring back what its owner has deleted.
    assert (gone.status_code, f"{first['output_dir']}/report.html" in paths, len(paths)) == (200, False, 4)
    assert [(version.name, version.job_id) for version in model.versions] == [("1.1", second["job_id"]), ("1.0", first["job_id"])]
    assert first["output_dir"] == f"outputs/{first['job_id']}"
    assert third["estimate"]["basis"] != "your past jobs", "two are too few"


async def test_runs_that_begin_an_experiment_at_once_share_it(studio: World, ada: User) -> None:
    await send_news(ada)

    runs = await asyncio.gather(*(begun(each, experiment_name="together") for each in (ada, studio.at_the_other(ada), ada)))

    assert {run["version"] for run in runs} == {"1.0", "1.1", "1.2"}
    assert await studio.database["models"].count_documents({"account_id": ada.account_id, "slug": "together"}) == 1


async def test_a_run_that_takes_long_makes_its_version_though_later_ones_have_made_way(studio: World) -> None:
    user, at = await studio.user(Tier.FREE), now()
    await send_news(user)
    config = {"training": {"backbone": "lexicon"}}
    long = (await begun(user, config=config))["job_id"]
    quick = [await complete(studio, user, (await begun(user, config=config))["job_id"], at=at + timedelta(seconds=n)) for n in range(12)]
    await complete(studio, user, long, at=at + timedelta(hours=1))
    await studio.training.again(quick[0])

    model = await studio.gateway.platform.models.named("sentiment-analysis", account_id=user.account_id, kind=TEXT)

    # As many as the tier has, those that ended last.
    assert [version.name for version in model.versions] == [*(f"1.{n}" for n in range(4, 13)), "1.0"]


async def test_past_runs_tell_how_long_the_next_one_takes(studio: World, ada: User) -> None:
    await send_news(ada)
    for _ in range(3):
        await complete(studio, ada, (await begun(ada))["job_id"])

    next_one = await begun(ada)

    # Each has used 0.004 hours.
    assert (next_one["estimate"]["basis"], next_one["estimate"]["runs"], next_one["estimate"]["seconds"]) == ("your past jobs", 3, 14.4)
    assert next_one["estimated_duration"] == "14s"


async def test_the_same_request_twice_is_one_run_and_one_version(ada: User) -> None:
    await send_news(ada)

    answers = [
        await call(ada, "POST", "/training/start", {"data_path": "data/news.json"}, headers={"Idempotency-Key": "one"}) for _ in range(2)
    ]

    assert answers[0].json()["data"] == answers[1].json()["data"]
    assert (await got(ada, "/training"))["pagination"]["total"] == 1


async def test_a_failed_run_says_why_and_makes_no_version(studio: World, ada: User) -> None:
    await send_news(ada)
    job_id = (await begun(ada, experiment_name="finbert"))["job_id"]
    why = "There is no backbone 'ProsusAI/finbert' here; there are all-minilm-l6-v2, tfidf-logreg and lexicon."

    await fail(studio, ada, job_id, message=why)
    run = await got(ada, f"/training/{job_id}")
    row = (await got(ada, "/training?status=failed"))["items"][0]

    assert run["error"] == {"code": "TRAINING_ERROR", "type": "InvalidError", "message": why}
    assert (run["model_path"], run["result"], run["files"], run["resumable_from"]) == (None, None, [], None)
    assert run["reasons"]["resumable_from"] == "It has left none: it has not come to the end of an epoch."
    assert (row["job_id"], row["macro_f1"], row["reasons"]["macro_f1"]) == (
        job_id,
        None,
        "The training is failed: measured when it has ended well.",
    )
    assert (await studio.gateway.platform.models.named("finbert", account_id=ada.account_id, kind=TEXT)).versions == ()


async def test_a_log_is_read_by_level_and_in_parts(studio: World, ada: User) -> None:
    await send_news(ada)
    job_id, at = (await begun(ada))["job_id"], now()
    levels = ("DEBUG", "INFO", "WARNING", "ERROR", "INFO")
    lines = [LogLine(timestamp=at + timedelta(seconds=n), level=level, message=f"line {n}") for n, level in enumerate(levels)]  # type: ignore[arg-type]  # words of the list above
    await progress(studio, job_id, epoch=1, logs=lines)
    await run_is(ada, job_id, "running")

    everything = await got(ada, f"/training/{job_id}/logs")
    some = await got(ada, f"/training/{job_id}/logs?level=INFO&limit=2&offset=1")
    strange = await call(ada, "GET", f"/training/{job_id}/logs?level=TRACE")

    assert (everything["total"], everything["limit"], everything["offset"]) == (5, 100, 0)
    assert everything["items"][0] == {"timestamp": everything["items"][0]["timestamp"], "level": "DEBUG", "message": "line 0"}
    assert ([line["message"] for line in some["items"]], some["total"]) == (["line 2", "line 3"], 4)
    assert strange.json()["error"]["details"]["field"] == "level"


async def test_a_cancelled_run_can_be_gone_on_with_by_its_id_or_from_its_folder(studio: World, ada: User) -> None:
    await send_news(ada)
    config = {"training": {"method": "lora", "num_epochs": 5}, "preprocessing": {"max_length": 64}}
    job_id = (await begun(ada, output_dir="outputs/first", config=config))["job_id"]
    weights = studio.training.artifacts.put(b"weights")
    kept = TextProgress(epoch=2, folder="checkpoint-2", checkpoint={"weights.safetensors": weights})
    await progress(studio, job_id, epoch=2, partial=kept.model_dump(mode="json"))
    await run_is(ada, job_id, "running")

    early = await problems_of(ada, resume_from=(await begun(ada))["job_id"])
    stopped = await call(ada, "DELETE", f"/training/{job_id}")
    left = (await got(ada, f"/training/{job_id}"))["files"]
    again = await call(ada, "DELETE", f"/training/{job_id}")
    fresh = await call(ada, "POST", "/training/start", {"data_path": "data/news.json", "output_dir": "outputs/first"})
    by_id = await begun(ada, resume_from=job_id, output_dir="outputs/first", config={"training": {"num_epochs": 8}})
    by_folder = await begun(ada, resume_from="outputs/first")
    specs = [TextSpec.model_validate((await heard(studio, run["job_id"])).spec) for run in (by_id, by_folder)]

    assert "has left no checkpoint" in early["resume_from"][0]
    assert (stopped.status_code, fresh.status_code) == (200, 409)
    assert "resume_from 'outputs/first/checkpoint-2'" in fresh.json()["error"]["message"]
    assert left == ["outputs/first/checkpoint-2/weights.safetensors"]
    assert {name: stopped.json()["data"][name] for name in ("job_id", "status", "resumable_from")} == {
        "job_id": job_id,
        "status": "cancelled",
        "resumable_from": "outputs/first/checkpoint-2",
    }
    assert (again.status_code, again.json()["error"]["code"]) == (409, "RESOURCE_CONFLICT")
    assert [spec.resume for spec in specs] == [{"weights.safetensors": weights}] * 2
    assert [spec.resumed_from for spec in specs] == [f"{job_id} checkpoint-2", "outputs/first/checkpoint-2"]
    assert [(spec.config.training.method, spec.config.training.num_epochs) for spec in specs] == [("lora", 8), ("lora", 5)]
    assert specs[1].config.preprocessing.max_length == 64


async def test_trainings_are_listed_by_status_and_experiment_in_pages(studio: World, ada: User) -> None:
    await send_news(ada)
    runs = [(await begun(ada, experiment_name=name))["job_id"] for name in ("a", "b", "b")]
    await complete(studio, ada, runs[1])

    everything = await got(ada, "/training?limit=2&offset=1")
    of_b = await got(ada, "/training?experiment_name=b")
    done = await got(ada, "/training?status=completed")
    nothing = await got(ada, "/training?experiment_name=c")
    strange = await call(ada, "GET", "/training?status=complete")

    assert [row["job_id"] for row in everything["items"]] == [runs[1], runs[0]]
    assert everything["pagination"] == {"page": 1, "per_page": 2, "total": 3, "total_pages": 2, "has_next": False, "has_prev": True}
    assert [row["job_id"] for row in of_b["items"]] == [runs[2], runs[1]]
    assert [(row["job_id"], row["macro_f1"]) for row in done["items"]] == [(runs[1], 0.67)]
    assert nothing["items"] == []
    assert "Did you mean 'completed'?" in strange.json()["error"]["details"]["issue"]


async def test_a_run_is_watched_live_and_who_comes_late_hears_the_last_state(
    studio: World, ada: User, eve: User, gateways: list[str]
) -> None:
    await send_news(ada)
    job_id = (await begun(ada))["job_id"]
    await progress(studio, job_id, epoch=2)
    await run_is(ada, job_id, "running")
    address = f"{gateways[0]}/ws/training/{job_id}"

    async with connect(address, additional_headers=authorization(ada)) as socket:
        late = await message(socket)
        await complete(studio, ada, job_id)
        last = await message(socket)
        end = await closed(socket)
    async with connect(address, additional_headers=authorization(ada)) as socket:
        after = (await message(socket), await closed(socket))
    async with connect(address, additional_headers=authorization(eve)) as socket:
        stranger = await closed(socket)

    assert (late["type"], late["job_id"], late.keys()) == ("progress_update", job_id, {"type", "job_id", "data", "timestamp"})
    shown = {"epoch": 2, "step": 150, "total_steps": 225, "train_loss": 0.45, "val_loss": 0.52, "val_accuracy": 0.87, "val_macro_f1": 0.86}
    assert shown.items() <= late["data"].items()
    assert (last["data"]["status"], end[0]) == ("completed", 1000)
    assert (after[0]["data"]["status"], after[1][0]) == ("completed", 1000)
    assert stranger[0] == 4404


async def test_work_that_was_cut_off_is_begun_once(studio: World, ada: User) -> None:
    await send_news(ada)
    jobs, work = studio.gateway.platform.job_parts, Work(seed=f"text-{ada.account_id}", began_ms=1_764_000_000_000)
    texts = TextSpec.model_validate((await heard(studio, (await begun(ada))["job_id"])).spec).model_copy(update={"output_dir": ""})
    wanted = Order(kind=JobKind.TRAIN_TEXT, spec=texts)

    first = await jobs.start(wanted, caller=caller_of(ada), work=work)
    again = await jobs.start(wanted, caller=caller_of(ada), work=work)

    assert first.job.id == again.job.id
