"""Models of texts and files of the data root through pages: sent, checked, learned from live, asked, scored, exported, deleted."""

import json
import re
from typing import Any

import pytest

from libs.contracts.training import LogLine
from tests.gateway.studio import text_checks, text_runs
from tests.gateway.studio.doubles import STARTED
from tests.gateway.studio.other_jobs import heard
from tests.gateway.studio.reader import Reader, as_user, reader, text_of
from tests.gateway.studio.test_pages_files import send_file
from tests.gateway.studio.test_text_exports import complete as complete_export
from tests.gateway.studio.test_text_exports import export_is
from tests.gateway.studio.world import World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
TEXTS, FILES = "/app/texts", "/app/files"
NEWS = json.dumps(text_checks.NEWS)


async def started(somebody: Reader, **fields: Any) -> str:
    """Return the address of a training that was asked for on its page."""
    answer = await somebody.send(f"{TEXTS}/new", action="start", data_path="data/candles.csv", **fields)
    assert answer.status_code == 303, text_of(answer.text)
    return answer.headers["location"]


async def test_a_training_is_asked_for_followed_read_registered_and_asked(studio: World) -> None:
    # given texts, and settings of which one cannot be
    somebody, other = await reader(studio), await reader(studio)
    user = as_user(studio, somebody)
    await send_file(somebody, FILES, text=NEWS, folder="data")
    asked = {"experiment_name": "desk", "training.num_epochs": "3", "training.seeds": "1, 2", "training.fp16": "false"}
    wrong = await somebody.send(f"{TEXTS}/new", action="start", data_path="data/candles.csv", **asked | {"training.num_epochs": "0"})

    # when it is started, followed and has ended
    address = await started(somebody, **asked)
    job_id = address.rpartition("/")[2]
    await text_runs.progress(studio, job_id, epoch=2, logs=[LogLine(timestamp=STARTED, level="WARNING", message="Slow disk")])
    await text_runs.run_is(user, job_id, "running", current_epoch=2)
    running = await somebody.open(address)
    errors = await somebody.open(f"{address}?level=ERROR")
    await text_runs.complete(studio, user, job_id)
    done = await somebody.open(address)
    report = await somebody.http.get(re.findall(r'href="(/app/files/content/[^"]+report.html)"', done)[0])
    registered = await somebody.send(
        address, action="register", model_path=f"outputs/{job_id}/model", run_id=job_id, name="desk-news", stage="Staging"
    )
    listed = text_of(await somebody.open(f"{TEXTS}?status=completed"))
    answer = await somebody.send(
        f"{TEXTS}/ask?model={job_id}", action="ask", model=job_id, texts="a good year\r\n\r\na bad one", explain="yes"
    )
    nobody = await somebody.send(f"{TEXTS}/ask", action="ask", model="nobodys", texts="a good year")

    # then each page says how it stands
    assert wrong.status_code == 422
    assert 'id="training.num_epochs" name="training.num_epochs" type="number" value="0"' in wrong.text
    assert 'id="training.num_epochs-wrong"' in wrong.text
    request = await heard(studio, job_id)
    assert request.spec["config"]["training"]["seeds"] == [1, 2]
    assert f'src="/app/jobs/{job_id}/live"' in running
    assert "epoch 2 of 3" in text_of(running)
    assert "Slow disk" in running
    assert "Slow disk" not in errors
    assert "Macro F1 0.6700" in text_of(done)
    assert "negative 7 70 % 3 30 %" in text_of(done)
    assert "<mb-chart" in done
    assert report.content == b"<h1>report</h1>"
    assert registered.headers["location"] == "/app/registry/desk-news"
    assert "desk 1.0 Completed" in listed
    assert "positive, 90.0 % sure" in text_of(answer.text)
    assert "a good year +0.400" in text_of(answer.text)
    assert f'value="{job_id}" label="desk 1.0, as trained"' in answer.text
    assert nobody.status_code == 404
    assert 'value="nobodys"' in nobody.text
    assert "not found" in text_of(await other.open(address, status=404)).lower()


async def test_texts_are_checked_scored_and_exported_on_pages_of_their_own(studio: World) -> None:
    # given nothing but texts
    somebody, other = await reader(studio), await reader(studio)
    user = as_user(studio, somebody)
    await send_file(somebody, FILES, text=json.dumps([*text_checks.NEWS, text_checks.NEWS[0]]), folder="data")
    empty = [text_of(await somebody.open(f"{TEXTS}{path}")) for path in ("", "/checks", "/scores", "/exports")]

    # when they are checked with a report, and a training that was ended is exported
    checking = await somebody.send(f"{TEXTS}/checks", action="report", data_path="data/candles.csv")
    check = checking.headers["location"]
    pending = await somebody.open(check)
    await text_checks.do(studio, await heard(studio, check.rpartition("/")[2]))
    await until(lambda: _says(somebody, check, "can be trained on"), what="the check's end")
    checked = await somebody.open(check)
    address = await started(somebody)
    job_id = address.rpartition("/")[2]
    await text_runs.complete(studio, user, job_id)
    exporting = await somebody.send(
        f"{TEXTS}/exports", action="export", model_path=f"outputs/{job_id}/model", format="onnx", output_dir="made", validate="yes"
    )
    export = exporting.headers["location"]
    await complete_export(studio, export.rpartition("/")[2])
    await export_is(user, export.rpartition("/")[2], "completed")
    exported = await somebody.open(export)
    refused = await somebody.send(f"{TEXTS}/scores", action="score", model=job_id, data_path="data/none.csv", dataset_name="News")
    scoring = await somebody.send(f"{TEXTS}/scores", action="score", model=job_id, data_path="data/candles.csv", dataset_name="News")
    waiting = await somebody.open(scoring.headers["location"])
    cancelled = await somebody.send(scoring.headers["location"], action="cancel")

    # then
    for said, page in zip(
        ("No trainings", "Nothing has been checked", "Nothing has been scored", "Nothing has been exported"), empty, strict=True
    ):
        assert said in page
    assert "mb-live" in pending
    assert "Duplicate" in text_of(checked)
    assert "Looked for and not found: empty text" in text_of(checked)
    assert "The report, with charts" in checked
    assert "90.9MB" in exported
    assert 'href="/app/files/content/made/model.onnx"' in exported
    assert refused.status_code == 422
    assert 'id="data_path-wrong"' in refused.text
    assert "Pending" in text_of(waiting)
    assert cancelled.status_code == 303
    for page in (check, export, scoring.headers["location"]):
        assert "not found" in text_of(await other.open(page, status=404)).lower()


async def _says(somebody: Reader, path: str, words: str) -> bool:
    return words in text_of(await somebody.open(path))


async def test_files_are_sent_into_folders_listed_opened_and_deleted(studio: World) -> None:
    # given
    somebody, other = await reader(studio), await reader(studio)
    empty = text_of(await somebody.open(FILES))

    # when files are sent, one of which cannot be
    sent = await send_file(somebody, FILES, text="one", folder="a folder/inner")
    await send_file(somebody, FILES, text="two", folder="")
    wrong = await send_file(somebody, FILES, text="three", folder="../up")
    root, inner = await somebody.open(FILES), await somebody.open(sent.headers["location"])
    links = re.findall(r'href="(/app/files/content/[^"]+)" download', inner)
    content = await somebody.http.get(links[0])
    hidden = await other.http.get(links[0])
    gone = await somebody.send(FILES, action="delete", file_path="candles.csv")
    folder_gone = await somebody.send(FILES, action="delete_folder", file_path="a folder")
    nothing = await somebody.send(FILES, action="delete", file_path="candles.csv")

    # then
    assert "There are no files yet" in empty
    assert sent.headers["location"] == "/app/files?prefix=a+folder%2Finner%2F"
    assert 'href="/app/files?prefix=a+folder%2F">a folder/</a>' in root
    assert text_of(root).count("candles.csv") >= 1
    assert content.content == b"one"
    assert hidden.status_code == 404
    assert wrong.status_code == 422
    assert 'aria-describedby="folder-help folder-wrong"' in wrong.text
    assert gone.status_code == folder_gone.status_code == 303
    assert nothing.status_code == 404
    assert "There are no files yet" in text_of(await somebody.open(FILES))
