"""A file of texts is scored by a job, whose datasets models of markets learn from."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from libs.chassis.stores.mongo import Database
from libs.contracts.datasets import Upload
from libs.contracts.envelope import now
from libs.contracts.ids import new_id
from libs.contracts.jobs import JobCompleted
from libs.contracts.text_scoring import ScoreTextsSpec
from libs.market.candles import Market
from services.gateway.domain.datasets.dataset import Dataset, DatasetVersion
from services.gateway.domain.datasets.errors import NumberTakenError
from services.gateway.domain.jobs.terms import Outcome
from services.gateway.outbound.datasets.datasets_mongo import DatasetsMongo
from services.gateway.usecases.datasets.keep_scores import KeepScores
from services.training.scoring.run import run
from tests.gateway.studio.other_jobs import heard, job_of
from tests.gateway.studio.text_models import text_model
from tests.gateway.studio.world import User, World, new_model
from tests.texts.small_models import keep_small_model
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
SCORE = "/api/v1/score"
NEWS = "when,ticker,headline\n2012-03-06T20:00:00Z,AAPL,profit surges\n2012-03-07T15:00:00Z,AAPL,profit plunges\n"
WANTED = {"model": "news", "data_path": "data/news.csv", "dataset_name": "News", "time_column": "when"}


class Overtaken(DatasetsMongo):
    """The datasets' store, where something happens right after a dataset was read for the first time."""

    def __init__(self, database: Database, meanwhile: Callable[[], Awaitable[None]]) -> None:
        super().__init__(database)
        self.meanwhile: Callable[[], Awaitable[None]] | None = meanwhile

    async def get(self, dataset_id: str, *, account_id: str | None) -> Dataset:
        dataset = await super().get(dataset_id, account_id=account_id)
        if meanwhile := self.meanwhile:
            self.meanwhile = None
            await meanwhile()
        return dataset


async def ready(studio: World, user: User, *, news: str = NEWS) -> None:
    """Give the user a model of texts, and texts."""
    await text_model(studio, user, artifact=keep_small_model(studio.training.artifacts).sha256)
    sent = await user.http.put("/api/v1/files/data/news.csv", content=news.encode())
    assert sent.status_code == 201, sent.text


async def scored(studio: World, user: User, **more: Any) -> tuple[str, JobCompleted]:
    """Ask for scores and run the job as a runner does; return its id and the event of its end, which was told."""
    event = await scoring(studio, user, **more)
    await studio.training.bus.publish(event)
    await job_of(studio, event.job_id, user, state="succeeded")
    return event.job_id, event


async def scoring(studio: World, user: User, **more: Any) -> JobCompleted:
    """Ask for scores and run the job as a runner does; return the event of its end, which nobody was told."""
    answer = await user.http.post(SCORE, json={**WANTED, **more})
    assert answer.status_code == 201, answer.text
    job_id = answer.json()["data"]["job_id"]
    request = await heard(studio, job_id)
    spec = ScoreTextsSpec.model_validate(request.spec)
    market = Market(None, synthetic_allowed=False, artifacts=studio.training.artifacts, own=spec.own)
    result = run(spec, artifacts=studio.training.artifacts, market=market, report=lambda _: None)
    return JobCompleted(
        **studio.training.of_job(job_id),
        started_at=now(),
        ended_at=now(),
        compute_hours=Decimal("0.001"),
        spec=request.spec,
        result=result.model_dump(mode="json"),
        logs=(),
    )


def next_of(dataset: Dataset) -> DatasetVersion:
    """Return the version of rows that were just sent for a dataset."""
    upload = Upload(path="uploads/upload_more", sha256="ab" * 32, size=9, format="csv")
    spec = dataset.newest.spec.model_copy(update={"version": dataset.newest.number + 1, "upload": upload})
    return DatasetVersion(account_id=dataset.account_id, job_id=new_id("job"), spec=spec, created_at=now())


async def told_of(user: User, job_id: str) -> dict[str, Any]:
    answer = await user.http.get(f"{SCORE}/{job_id}")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()["data"]
    return told


async def test_scores_are_a_dataset_that_a_model_of_markets_learns_from(studio: World, ada: User, eve: User) -> None:
    await ready(studio, ada)

    job_id, event = await scored(studio, ada)
    await studio.training.bus.publish(event)  # It may come twice.
    told = await told_of(ada, job_id)

    (dataset,) = told["datasets"]
    assert (dataset["symbol"], dataset["dataset_symbol"], dataset["texts"], dataset["bars"]) == ("AAPL", "AAPL-SENT", 2, 2)
    assert (told["status"], told["rows"], told["scored"], told["reasons"]) == ("completed", 2, 2, {})
    shown = (await ada.http.get(f"/v1/ai/datasets/{dataset['dataset_id']}")).json()
    assert (shown["name"], shown["symbol"], shown["status"]) == ("News AAPL", "AAPL-SENT", "ready")
    mine = (await ada.http.get("/v1/ai/datasets", params={"symbol": "AAPL-SENT"})).json()
    assert mine["total"] == 1
    file = await ada.http.get(f"/api/v1/files/outputs/{job_id}/scores.parquet")
    assert file.content[:4] == b"PAR1"
    config = new_model()["training_config"] | {"symbols": ["AAPL-SENT"]}
    body = new_model(features=["rsi_14", "sentiment_score", "sentiment_texts"], training_config=config)

    async def made() -> bool:
        return (await ada.call("POST", "/models/", body)).status_code == 201

    # The other gateway may have heard of the end: what this one remembers of own symbols is a second old at most.
    await until(made, what="a model that looks at the sentiment of AAPL-SENT")
    assert (await eve.http.get(f"{SCORE}/{job_id}")).status_code == 404
    assert (await eve.http.get(f"/v1/ai/datasets/{dataset['dataset_id']}")).status_code == 404


async def test_texts_that_are_scored_again_make_the_datasets_next_version(studio: World, ada: User) -> None:
    await ready(studio, ada)
    first, late = await scored(studio, ada)
    again = NEWS + "2012-03-08T15:00:00Z,AAPL,profit surges\n"
    await ada.http.put("/api/v1/files/data/news.csv", content=again.encode())

    second, _ = await scored(studio, ada)
    await studio.training.bus.publish(late)  # An old end that comes again takes nothing back.

    (before,), (after,) = (await told_of(ada, first))["datasets"], (await told_of(ada, second))["datasets"]
    assert before["dataset_id"] == after["dataset_id"]
    assert (before["texts"], after["texts"]) == (2, 3)
    versions = (await ada.http.get(f"/v1/ai/datasets/{after['dataset_id']}/versions")).json()
    assert [each["version"] for each in versions["versions"]] == [2, 1]
    page = await ada.http.get(f"/v1/ai/datasets/{after['dataset_id']}/health.html")
    gone = await ada.http.delete(f"/v1/ai/datasets/{after['dataset_id']}")
    assert (page.status_code, gone.status_code) == (404, 200), gone.text
    assert (await told_of(ada, second))["datasets"][0]["dataset_id"] is None


async def test_scores_and_rows_that_take_a_datasets_next_number_at_once_do_not_replace_each_other(studio: World, ada: User) -> None:
    await ready(studio, ada)
    first, _ = await scored(studio, ada)
    dataset_id = (await told_of(ada, first))["datasets"][0]["dataset_id"]
    platform = studio.gateway.platform
    before = await platform.datasets.datasets.get(dataset_id, account_id=ada.account_id)
    second, _ = await scored(studio, ada)
    sent = next_of(before)

    with pytest.raises(NumberTakenError, match=second):
        await platform.datasets.makes.show(sent, late=False)
    await platform.datasets.makes.show(sent.broken_off("It was cancelled."))
    versions = (await ada.http.get(f"/v1/ai/datasets/{dataset_id}/versions")).json()["versions"]

    assert [(each["version"], each["status"]) for each in versions] == [(2, "ready"), (1, "ready")]


async def test_scores_that_end_when_the_next_version_was_just_sent_leave_it_to_its_check(studio: World, ada: User) -> None:
    await ready(studio, ada)
    first, _ = await scored(studio, ada)
    dataset_id = (await told_of(ada, first))["datasets"][0]["dataset_id"]
    platform = studio.gateway.platform
    before = await platform.datasets.datasets.get(dataset_id, account_id=ada.account_id)
    sent = next_of(before)
    scores = platform.job_parts.start.effects[Outcome.SCORES]
    assert isinstance(scores, KeepScores)

    store = Overtaken(studio.database, lambda: platform.datasets.makes.show(sent, late=False))
    late = await scoring(studio, ada)
    await replace(scores, datasets=store).completed(late)
    assert before.newest.result is not None
    await platform.datasets.makes.show(sent.checked(before.newest.result))
    after = await platform.datasets.datasets.get(dataset_id, account_id=ada.account_id)

    assert (after.newest.number, after.newest.job_id, after.newest.is_usable) == (2, sent.job_id, True)


@pytest.mark.parametrize(
    ("changes", "field", "word"),
    [
        ({"data_path": "data/nws.csv"}, "data_path", "data/news.csv"),
        ({"timeframe": "2d"}, "timeframe", "1d"),
        ({"tz": "Europe/Berln"}, "tz", "Europe/Berlin"),
        ({"symbol": "AAPL", "symbol_column": "ticker"}, "symbol", "not both"),
        ({"symbol_suffix": "_sent"}, "symbol_suffix", "capital letters"),
        ({"output_dir": "../x"}, "output_dir", ".."),
        ({"output_dir": "data/news.csv"}, "output_dir", "what is a file is no folder"),
        ({"output_dir": "d" * 245}, "output_dir", "such as 'scores.parquet'"),
        ({"dataset_nam": "x"}, "dataset_nam", "dataset_name"),
    ],
)
async def test_what_cannot_be_scored_is_refused_by_its_field(
    studio: World, ada: User, changes: dict[str, Any], field: str, word: str
) -> None:
    await ready(studio, ada)

    answer = await ada.http.post(SCORE, json={**WANTED, **changes})

    assert answer.status_code == 422, answer.text
    assert word in answer.json()["error"]["details"]["fields"][field][0]


async def test_a_scoring_that_waits_can_be_cancelled(studio: World, ada: User) -> None:
    await ready(studio, ada)
    job_id = (await ada.http.post(SCORE, json=WANTED)).json()["data"]["job_id"]
    await heard(studio, job_id)

    (row,) = (await ada.http.get(f"{SCORE}?status=pending")).json()["data"]["items"]
    assert (row["job_id"], set(row["reasons"])) == (job_id, {"scored", "mean_score", "ended_at"})
    ended = await ada.http.delete(f"{SCORE}/{job_id}")
    again = await ada.http.delete(f"{SCORE}/{job_id}")

    assert (ended.status_code, ended.json()["data"]["status"]) == (200, "cancelled")
    assert again.status_code == 409


async def test_a_model_whose_labels_are_no_words_of_sentiment_is_refused_before_a_job_is_started(studio: World, ada: User) -> None:
    await text_model(studio, ada, name="topics", artifact=keep_small_model(studio.training.artifacts, labels=("sports", "weather")).sha256)
    await ada.http.put("/api/v1/files/data/news.csv", content=NEWS.encode())

    refused = await ada.http.post(SCORE, json={**WANTED, "model": "topics"})

    assert (refused.status_code, refused.json()["error"]["details"]["field"]) == (422, "model")
    assert "cannot score" in refused.json()["error"]["message"]
    assert [each for each in studio.training.job_requests.values() if each.account_id == ada.account_id] == []
