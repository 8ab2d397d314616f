"""Stories of trainings on texts that Model Builder refuses, in words, and of whom and which faces they are not for."""

import asyncio

import pytest

from libs.contracts.envelope import now
from libs.contracts.texts import TEXT
from services.gateway.domain.accounts.account import Role, Tier
from tests.gateway.studio.test_erasing import erase, kept_words, name_of
from tests.gateway.studio.text_runs import begun, call, complete, got, problems_of, send_news
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_refused_run_leaves_no_experiment(studio: World) -> None:
    user = await studio.user(Tier.FREE)
    await send_news(user)
    config = {"training": {"num_epochs": 100, "method": "full"}, "preprocessing": {"max_length": 512}}
    await send_news(user, body=b'{"text": "a", "label": "b"}\n' * 60_000)

    refused = await call(user, "POST", "/training/start", {"data_path": "data/news.json", "config": config})
    workers = await call(user, "POST", "/training/start", {"data_path": "data/news.json", "config": {"training": {"num_workers": 8}}})

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "AUTHORIZATION_ERROR")
    assert "hours_per_job" in refused.json()["error"]["details"]["fields"]
    assert workers.json()["error"]["details"]["field"] == "config.training.num_workers"
    assert (await got(user, "/training"))["items"] == []
    assert await studio.database["models"].count_documents({"account_id": user.account_id, "deleted_at": None}) == 0


async def test_what_cannot_be_trained_is_told_by_field_with_the_nearest_name(ada: User) -> None:
    await send_news(ada)
    await send_news(ada, "outputs/a/b.txt")

    training = {"batch_siz": 8, "learning_rate": "fast", "method": "lorra", "num_epochs": True}
    told = await problems_of(ada, config={"training": training, "preprocesing": {}, "data": {"train_split": 0.5}})
    paths = await problems_of(ada, data_path="../etc/passwd")
    missing = await problems_of(ada, data_path="data/new.json")
    others = await problems_of(ada, data_path="dataset:dataset_01kab8m5v8ezfvzcr0s2k2h7qd")
    name = await problems_of(ada, experiment_name="a/b")
    await send_news(ada, "desk/report.html")
    over = await problems_of(ada, output_dir="desk")
    long = await problems_of(ada, output_dir="d" * 236)
    inside = await problems_of(ada, output_dir="data/news.json/run")
    nowhere = await problems_of(ada, resume_from="outputs/b/checkpoint-2")
    no_checkpoint = await problems_of(ada, resume_from="outputs/a")
    unknown = await call(ada, "POST", "/training/start", {"data_pat": "data/news.json"})

    assert told["config.training.batch_siz"] == ["Unknown field 'batch_siz'. Did you mean 'batch_size'?"]
    assert "Did you mean 'lora'?" in told["config.training.method"][0]
    assert {"config.training.learning_rate", "config.training.num_epochs"} < set(told)
    assert told["config.preprocesing"] == ["Unknown field 'preprocesing'. Did you mean 'preprocessing'?"]
    assert told["config.data"] == ["train_split, val_split and test_split must add up to 1; these are 0.7."]
    assert "leads out of your data root" in paths["data_path"][0]
    assert "Did you mean 'data/news.json'?" in missing["data_path"][0]
    assert "no dataset" in others["data_path"][0].lower()
    assert list(name) == ["experiment_name"]
    assert "cannot be a folder beside 'data/news.json'" in inside["output_dir"][0]
    assert "'desk/report.html' was sent, and would be replaced" in over["output_dir"][0]
    assert "255 characters" in long["output_dir"][0]
    assert list(nowhere) == ["resume_from"]
    assert "is no checkpoint" in no_checkpoint["resume_from"][0]
    assert "Did you mean 'data_path'?" in unknown.json()["error"]["details"]["fields"]["data_pat"][0]


async def test_a_folder_that_holds_a_model_is_not_written_over(studio: World, ada: User) -> None:
    await send_news(ada)
    body = {"data_path": "data/news.json", "output_dir": "./outputs/mine/"}
    users = (ada, studio.at_the_other(ada), ada)
    together = await asyncio.gather(*(call(each, "POST", "/training/start", body) for each in users))
    (first,) = [each.json()["data"]["job_id"] for each in together if each.status_code == 201]
    at_once = next(each for each in together if each.status_code != 201)
    await complete(studio, ada, first)

    again = await call(ada, "POST", "/training/start", {"data_path": "data/news.json", "output_dir": "outputs/mine"})

    assert [(each.status_code, each.json()["error"]["code"]) for each in (at_once, again)] == [(409, "RESOURCE_CONFLICT")] * 2
    assert first in at_once.json()["error"]["message"]


async def test_a_run_and_its_model_are_nobody_elses(studio: World, ada: User, eve: User) -> None:
    await send_news(ada)
    job_id = (await begun(ada))["job_id"]
    await complete(studio, ada, job_id)

    answers = [
        await call(eve, "GET", f"/training/{job_id}"),
        await call(eve, "GET", f"/training/{job_id}/logs"),
        await call(eve, "DELETE", f"/training/{job_id}"),
        await call(ada, "GET", "/training/training-job-123"),
    ]
    market = await ada.train(await ada.make_model())

    assert [(each.status_code, each.json()["error"]["code"]) for each in answers] == [(404, "RESOURCE_NOT_FOUND")] * 4
    assert (await call(ada, "GET", f"/training/{market}")).status_code == 404
    assert (await got(eve, "/training"))["items"] == []
    assert await problems_of(eve, resume_from=job_id, data_path="data/none.json") != {}


async def test_faces_that_cannot_express_a_model_of_texts_leave_it_out(studio: World, ada: User) -> None:
    await send_news(ada)
    job_id = (await begun(ada))["job_id"]
    await complete(studio, ada, job_id)
    model_id = (await studio.gateway.platform.models.named("sentiment-analysis", account_id=ada.account_id, kind=TEXT)).id

    studio_lists = [await ada.get(path) for path in ("/models/", "/training-jobs/")]
    engine = (await ada.http.get("/v1/ai/models")).json()
    refusals = [
        await ada.call("GET", f"/models/{model_id}/"),
        await ada.call("POST", f"/models/{model_id}/train/", {}),
        await ada.call("GET", f"/training-jobs/{job_id}/"),
        await ada.http.get(f"/v1/ai/models/{model_id}"),
        await ada.http.get(f"/api/training/jobs/{job_id}"),
    ]

    assert [each["count"] for each in studio_lists] == [0, 0]
    assert model_id not in str(engine)
    assert [each.status_code for each in refusals] == [404] * len(refusals)


async def test_a_name_of_another_kind_of_model_and_an_archived_experiment_are_conflicts(studio: World, ada: User) -> None:
    await send_news(ada)
    await begun(ada, experiment_name="mine")
    models = studio.gateway.platform.models
    model = await models.named("mine", account_id=ada.account_id, kind=TEXT)
    await models.move(model.archived(at=now()), most=100)
    market = await ada.make_model()
    await studio.database["models"].update_one({"_id": market}, {"$set": {"slug": "other"}})

    refusals = [
        await call(ada, "POST", "/training/start", {"data_path": "data/news.json", "experiment_name": name}) for name in ("mine", "other")
    ]

    assert [(each.status_code, each.json()["error"]["code"]) for each in refusals] == [(409, "RESOURCE_CONFLICT")] * 2
    assert refusals[1].json()["error"]["details"]["field"] == "experiment_name"


async def test_nothing_is_left_of_the_experiments_of_an_erased_account(studio: World) -> None:
    user, admin = await studio.user(), await studio.user(role=Role.ADMIN)
    secret = f"secret-{user.account_id[-6:]}"
    await send_news(user, f"data/{secret}.json")
    await complete(studio, user, (await begun(user, data_path=f"data/{secret}.json", experiment_name=secret))["job_id"])
    await begun(user, data_path=f"data/{secret}.json", experiment_name=secret, output_dir=secret)

    await erase(admin, user, await name_of(studio, user))

    async def forgotten() -> bool:
        return await kept_words(studio, secret) == []

    await until(forgotten, what=f"nothing of {secret}")
