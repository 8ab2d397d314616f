"""Model Builder's data: files of texts are validated and reported on, for their account alone."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.conftest import NewFolder
from tests.gateway.datasets.desk import Clerk
from tests.gateway.datasets.test_checked_for_real import checked
from tests.gateway.studio.text_checks import BUILDER, NEWS, asked, done, fail, requested, send
from tests.gateway.studio.world import TO_THE_END, Places, User, World, world
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def patient(mongo_url: str, redis_url: str, new_folder: NewFolder) -> AsyncIterator[World]:
    """A world whose gateways wait for a check for longer than any takes."""
    async with world(Places(mongo_url, redis_url, new_folder()), beyond=TO_THE_END, gateways=1) as made:
        yield made


async def test_a_file_is_validated_and_its_check_can_be_had_again(patient: World) -> None:
    ada, eve = await patient.user(), await patient.user()
    await send(ada, rows=[*NEWS, NEWS[0]])

    answer = await asked(patient, ada, "validate", format="json", text_column="text", label_column="label")
    told = answer.json()["data"]
    again = await ada.http.get(f"{BUILDER}/data/validate/{told['check_id']}")
    foreign = await eve.http.get(f"{BUILDER}/data/validate/{told['check_id']}")

    assert answer.status_code == 200
    assert answer.json()["message"] == "The data can be trained on"
    assert (told["status"], told["valid"], told["format"], told["rows"]) == ("completed", True, "json", 19)
    assert (told["columns"], told["label_distribution"]) == (["text", "label"], {"positive": 7, "negative": 6, "neutral": 6})
    assert told["errors"] == []
    assert told["warnings"][0] == "1 row whose text is there before, but for case and punctuation."
    assert (told["findings"][0]["code"], told["findings"][0]["examples"][0]["why"]) == ("duplicate", "as row 1")
    assert len(told["suggestions"]) == len(told["findings"])
    # What is null says why.
    assert {name for name, value in told.items() if value is None} == set(told["reasons"]) - {"label_noise"}
    assert again.json()["data"] == told
    assert foreign.status_code == 404


async def test_a_file_that_cannot_be_read_is_refused_as_the_document_says(patient: World) -> None:
    ada = await patient.user()
    await send(ada)

    answer = await asked(patient, ada, "validate", text_column="headline")
    error = answer.json()["error"]
    report = await asked(patient, ada, "report", label_column="lable")
    checks = [job for job in patient.training.job_requests.values() if job.account_id == ada.account_id]
    later = (await ada.http.get(f"{BUILDER}/data/report/{checks[-1].job_id}")).json()["data"]

    assert (answer.status_code, error["code"], error["details"]["field"]) == (422, "VALIDATION_ERROR", "text_column")
    assert error["details"]["issue"] == "Column 'headline' not found in dataset: it has text, label."
    assert report.status_code == 422
    assert "Did you mean 'label'?" in report.json()["error"]["details"]["issue"]
    # Who did not wait for it learns the same.
    assert (later["status"], later["valid"], later["error"]["message"]) == ("failed", False, later["errors"][0])
    assert later["reasons"]["rows"] == "The file cannot be read."
    assert len((await ada.http.get(f"{BUILDER}/files")).json()["data"]["items"]) == 1


async def test_a_check_that_takes_longer_is_pending_and_one_that_fails_says_why(studio: World, ada: User) -> None:
    await send(ada)

    answer = await ada.http.post(f"{BUILDER}/data/validate", json={"data_path": "data/news_dataset.json"})
    pending = answer.json()["data"]
    await fail(studio, await requested(studio, ada), "It needs more memory than such a job may use.")
    path, found = f"{BUILDER}/data/validate/{pending['check_id']}", [pending]

    async def ended() -> bool:
        found[:] = [(await ada.http.get(path)).json()["data"]]
        return bool(found[0]["status"] != "pending")

    await until(ended, what="the check's end")

    assert (answer.status_code, answer.json()["message"]) == (200, "Check pending")
    assert (pending["status"], pending["valid"], pending["findings"]) == ("pending", None, [])
    assert pending["reasons"]["valid"] == "It has not ended."
    assert found[0]["status"] == "failed"
    assert found[0]["error"] == {"code": "VALIDATION_ERROR", "message": "It needs more memory than such a job may use."}
    assert found[0]["reasons"]["valid"] == "It failed: see error."


async def test_a_check_that_runs_is_cancelled_by_its_owner_alone(ada: User, eve: User) -> None:
    await send(ada)
    pending = (await ada.http.post(f"{BUILDER}/data/validate", json={"data_path": "data/news_dataset.json"})).json()["data"]
    path = f"{BUILDER}/data/validate/{pending['check_id']}"

    foreign = await eve.http.delete(path)
    cancelled = await ada.http.delete(path)
    again = await ada.http.delete(path)

    assert (foreign.status_code, again.status_code) == (404, 409)
    assert (cancelled.status_code, cancelled.json()["data"]["status"]) == (200, "cancelled")
    assert cancelled.json()["data"]["reasons"]["valid"] == "It was cancelled."


async def test_a_report_lies_where_it_was_asked_for_and_is_replaced_by_the_next(studio: World, ada: User, eve: User) -> None:
    await send(ada)

    first = await done(studio, ada, "report", output_path="reports/data_analysis.html")
    await send(ada, rows=NEWS[:12])
    second = await done(studio, ada, "report", output_path="reports/data_analysis.html")
    root = await done(studio, ada, "report", output_path="data_report.html")
    usual = await done(studio, ada, "report")
    page = await ada.http.get(f"{BUILDER}/files/reports/data_analysis.html")
    listed = (await ada.http.get(f"{BUILDER}/files")).json()["data"]["items"]
    got = (await ada.http.get(f"{BUILDER}/data/report/{second['report_id']}")).json()["data"]
    foreign = await eve.http.get(f"{BUILDER}/data/report/{second['report_id']}")
    findings = (await ada.http.get(f"{BUILDER}/data/validate/{second['report_id']}")).json()["data"]
    checks = (await ada.http.get(f"{BUILDER}/data/validate")).json()["data"]["items"]

    assert (first["rows"], second["rows"], second["status"], second["error"]) == (18, 12, "completed", None)
    assert (second["output_path"], second["data_path"]) == ("reports/data_analysis.html", "data/news_dataset.json")
    assert (root["output_path"], usual["output_path"]) == ("data_report.html", "reports/news_dataset.html")
    paths = {each["path"]: each for each in listed}
    assert set(paths) == {"data/news_dataset.json", "data_report.html", "reports/data_analysis.html", "reports/news_dataset.html"}
    assert paths["reports/data_analysis.html"]["made_by"] == second["report_id"]
    assert (page.headers["content-type"].split(";")[0], page.text.count("<svg")) == ("text/html", 2)
    assert len(page.content) == second["file_bytes"]
    assert got == second
    assert foreign.status_code == 404
    assert findings["rows"] == 12
    assert [each["output_path"] for each in checks] == [each["output_path"] for each in (usual, root, second, first)]


@pytest.mark.parametrize(
    ("noun", "body", "field", "words"),
    [
        ("validate", {"data_path": "data/news.jsn"}, "data_path", "Did you mean 'data/news.json'?"),
        ("validate", {"data_path": "../other/news.json"}, "data_path", "leads out of your data root"),
        ("validate", {"data_path": "dataset:ds_nothing"}, "data_path", "ds_nothing"),
        ("validate", {"data_path": "data/news.json", "format": "jsn"}, "format", "Did you mean 'json'?"),
        ("validate", {"data_path": "data/news.json", "text_colum": "a"}, "text_colum", "Did you mean 'text_column'?"),
        ("report", {"data_path": "data/news.json", "output_path": "reports/data.txt"}, "output_path", "ends in .html"),
        ("report", {"data_path": "data/news.json", "output_path": "/etc/report.html"}, "output_path", "is absolute"),
        ("report", {"data_path": "data/news.json", "output_path": "data/news.json/report.html"}, "output_path", "is no folder"),
    ],
)
async def test_what_makes_no_sense_is_refused_before_a_job_is_started(
    ada: User, noun: str, body: dict[str, str], field: str, words: str
) -> None:
    await send(ada, "data/news.json")

    answer = await ada.http.post(f"{BUILDER}/data/{noun}", json=body)

    assert answer.status_code == 422, answer.text
    assert words in answer.json()["error"]["details"]["fields"][field][0]


async def test_a_dataset_of_texts_is_data_too(studio: World, ada: User) -> None:
    clerk = Clerk(studio, ada)
    text = "headline,sentiment\n" + "".join(f"{each['text']},{each['label']}\n" for each in NEWS)
    dataset = await checked(clerk, (await clerk.send(text, kind="text", name="News")).json())

    told = await done(studio, ada, "validate", data_path=f"dataset:{dataset['id']}")

    assert (told["valid"], told["rows"], told["format"]) == (True, 18, "parquet")
    assert (told["text_column"], told["label_column"], told["data_path"]) == ("text", "label", f"dataset:{dataset['id']}")
    assert told["reasons"]["encoding"] == "Parquet has no encoding."
