"""Stories of `modelbourse ml`: a recipe's way from a clone to a watched model, typed at a shell, at a gateway that listens."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from modelbourse.command import INTERRUPTED
from services.gateway.serving import serving
from tests.client.command import CTRL_C, Command, Done
from tests.gateway.studio import predicting, recipe_runs, watching
from tests.gateway.studio.recipe_runs import RECIPE, answered
from tests.gateway.studio.sockets import listening, token
from tests.gateway.studio.synthetic_examples import do, requested, with_data
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass(frozen=True)
class Shell:
    """Somebody who types `modelbourse ml …`."""

    studio: World
    user: User
    command: Command
    folder: Path

    async def __call__(self, *words: str, fails: int = 0, stdin: str | None = None) -> Done:
        """Type a line; it ends well, or with this status."""
        done = await asyncio.to_thread(self.command, "ml", *words, stdin=stdin)
        assert done.status == fails, done.err
        return done

    async def offered(self, line: str) -> list[str]:
        """Return what the shell completes a line with."""
        words = {"_MODELBOURSE_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split()))}
        done = await asyncio.to_thread(self.command, **words)
        return done.out.split()

    def file(self, name: str, text: str) -> str:
        """Return the path of a file with this in it."""
        place = self.folder / name
        place.write_text(text)
        return str(place)


@pytest_asyncio.fixture(loop_scope="session")
async def shell(studio: World, ada: User, tmp_path: Path) -> AsyncIterator[Shell]:
    async with serving(studio.gateway.app, listening()) as address:
        yield Shell(studio, ada, Command(address, tmp_path, {"MODELBOURSE_TOKEN": token(ada)}), tmp_path)


async def test_a_recipe_is_cloned_changed_compared_and_approved(shell: Shell) -> None:
    cloned = (await shell("recipes", "clone", RECIPE, "Shelf prices", "--json")).json
    manifest = shell.file("manifest.json", json.dumps({"split": {"test_fraction": 0.3}}))
    added = await shell("versions", "add", "Shelf prices", manifest, "--note", "More is held out")
    wrong = await shell("versions", "add", cloned["id"], "-", stdin='{"split": {"test_fractoin": 0.3}}', fails=1)
    listed = await shell("versions", "list", "Shelf prices")
    diff = await shell("versions", "diff", "Shelf prices", "--json")
    other_way = await shell("versions", "diff", "Shelf prices", "1.0.0", "1.1.0")
    none = await shell("versions", "diff", "Shelf prices", "1.0.0", fails=1)
    version = await shell("versions", "show", "Shelf prices", "1.1.0")
    approved = await shell("recipes", "approve", "Shelf prices")
    shown = await shell("recipes", "show", cloned["id"][:-1], "--resolved")
    made = await shell("recipes", "create", "Of a shop", "--family", "pricing", "--parent", RECIPE, "--manifest", manifest, "--tag", "shop")
    renamed = (await shell("recipes", "update", "Of a shop", "--name", "Of Graz", "--json")).json

    assert (cloned["status"], cloned["parent_id"]) == ("draft", RECIPE)
    assert "version 1.1.0 is ver_" in added.out
    assert "replace  /split/test_fraction" in added.out
    assert "manifest_json.split.test_fractoin" in wrong.err
    assert "Did you mean 'test_fraction'?" in wrong.err
    assert ("2 versions" in listed.out, "More is held out" in listed.out) == (True, True)
    assert [(each["path"], each["to"]) for each in diff.json] == [("/split/test_fraction", 0.3)]
    assert "version 1.0.0 beside version 1.1.0" in other_way.out
    assert "0.3" in other_way.out
    assert "is the first" in none.err
    assert '"test_fraction": 0.3' in version.out
    assert approved.out == f"{cloned['id']} (Shelf prices): approved\n"
    assert ("approved" in shown.out, '"test_fraction": 0.3' in shown.out) == (True, True)
    assert f"modelbourse ml runs start {renamed['id']}" in made.out
    assert "Of Graz" in (await shell("recipes", "list", "--tag", "shop")).out
    assert renamed["id"] in await shell.offered("modelbourse ml recipes show ")
    assert (await shell("recipes", "archive", "Of Graz")).out.endswith("archived\n")
    assert (await shell("recipes", "delete", "Of Graz", "--json")).json == {"deleted": renamed["id"]}
    assert "$schema" in (await shell("recipes", "schema", "pricing")).json


async def test_a_run_is_waited_for_shown_beside_its_baseline_compared_and_its_files_are_had(shell: Shell) -> None:
    registered = (await shell("models", "register", "Shelf prices", RECIPE, "--owner", "team", "--json")).json
    at_most = await shell("runs", "start", RECIPE, "--type", "backtest", "--estimate")
    waiting = asyncio.create_task(shell("runs", "start", RECIPE, "--model", "Shelf prices", "--version", "1.0.0"))
    await recipe_runs.complete(shell.studio, shell.user, await _asked(shell))
    trained = await waiting
    (run,) = (await shell("runs", "list", "--model", registered["id"], "--json")).json["runs"]
    detached = (await shell("runs", "start", RECIPE, "--type", "eval", "--no-wait", "--json")).json
    late = await shell("runs", "wait", detached["id"], "--timeout", "0", fails=1)
    both = await shell("runs", "compare", run["id"], detached["id"])
    files = await shell("runs", "artifacts", run["id"])
    into = shell.folder / "files"
    had = await shell("runs", "artifacts", run["id"], "model/trees.txt", "report.html", "--to", str(into))
    unknown = await shell("runs", "artifacts", run["id"], "raport.html", fails=1)
    saved = await shell("runs", "report", run["id"], "-o", str(shell.folder / "run.html"))
    cancelled = await shell("runs", "cancel", detached["id"])
    failed = await shell("runs", "wait", detached["id"], fails=1)

    assert "at most 0." in at_most.out
    assert "succeeded" in trained.err
    told = trained.out.split()
    assert {"constant", "price", "0.042", "0.01", "0.07"} <= set(told)
    assert f"margin_impact: {recipe_runs.REASON}" in trained.out
    assert (await shell("runs", "show", run["id"])).out == trained.out
    assert f"modelbourse ml runs wait {detached['id']}" in late.err
    assert all(each in both.out for each in (run["id"], detached["id"], "  constant_price", "not of the same"))
    assert "model/manifest.json" in files.out
    assert "report.html" in had.out
    assert (into / "model" / "trees.txt").read_bytes().startswith(b"trees of ")
    assert "Did you mean 'report.html'?" in unknown.err
    assert (shell.folder / "run.html").read_text() == "<h1>report</h1>"
    assert "wrote" in saved.out
    assert cancelled.out == f"cancelled {detached['id']}\n"
    assert "It was cancelled" in failed.err
    assert (await shell("runs", "logs", run["id"], "--json")).json == []
    assert run["id"] in await shell.offered("modelbourse ml runs show ")


async def test_a_run_that_is_no_longer_waited_for_goes_on(shell: Shell) -> None:
    def interrupted() -> str:
        with shell.command.in_terminal("ml", "runs", "start", RECIPE) as terminal:
            terminal.until("queued")
            terminal.press(CTRL_C)
            assert terminal.end() == INTERRUPTED
        return terminal.seen

    seen = await asyncio.to_thread(interrupted)

    run = await _asked(shell)
    assert run["status"] == "queued"
    assert f"wait for it: modelbourse ml runs wait {run['id']}" in seen


async def test_a_model_is_promoted_listed_and_deleted_and_says_whose_its_metrics_are(shell: Shell) -> None:
    model_id = await recipe_runs.registered(shell.user)
    run = await recipe_runs.started(shell.user, model_id=model_id)
    await answered(shell.user, "PUT", f"/runs/{run['id']}", {"status": "succeeded", "metrics_json": {"revenue_lift": 0.05}})

    promoted = await shell("models", "promote", "Shelf prices")
    listed = await shell("models", "list", "--status", "production")
    shown = await shell("models", "show", "Shelf prices")
    kept = await shell("models", "delete", "Shelf prices", fails=1)
    wrong = await shell("models", "promote", "Shelf prices", "--to", "prodction", fails=1)
    misspelt = await shell("models", "show", "Shelf price", fails=1)
    retired = await shell("models", "promote", "Shelf prices", "--to", "retired")

    assert promoted.out.startswith(f"{model_id} (Shelf prices): production\n")
    assert "nobody here has measured them" in promoted.out
    assert "revenue_lift 0.05 (reported)" in listed.out
    assert run["id"] in shown.out
    assert "production" in kept.err
    assert "Did you mean 'production'?" in wrong.err
    assert "Did you mean 'Shelf prices'?" in misspelt.err
    assert "modelbourse ml models list" in misspelt.err
    assert "retired" in retired.out
    assert (await shell("models", "delete", model_id)).out == f"deleted {model_id}\n"


async def test_a_model_of_any_kind_is_watched_from_the_shell(shell: Shell) -> None:
    model_id = await shell.studio.trained(shell.user)
    page = shell.studio.training.artifacts.put(b"<!doctype html><title>Snapshot</title>")
    none = await shell("monitor", "show", model_id, fails=1)
    waiting = asyncio.create_task(shell("monitor", "snapshot", model_id))
    job_id = await _monitored(shell, model_id)
    await watching.complete(shell.studio, job_id, watching.found(rsi=0.4, accuracy=0.2, page=page), at=watching.BEGAN)
    taken = await waiting
    sent = await shell("monitor", "snapshot", model_id, "--metrics", "-", stdin='{"accuracy": 0.39}')
    both = await shell("monitor", "snapshot", model_id, "--metrics", "-", "--data", "rows.csv", stdin="{}", fails=2)
    rows = shell.file("labels.csv", "timestamp,symbol,value\n2012-01-04T21:00:00Z,AAPL,0.01\n2012-01-05T21:00:00Z,AAPL,-0.02\n")
    labelled = await shell("monitor", "labels", model_id, rows)
    unlabelled = await shell("monitor", "labels", model_id, shell.file("wrong.csv", "time_stamp,value\n1,2\n"), fails=1)
    alerts = await shell("monitor", "alerts", model_id, "--state", "open")
    rules = await shell("monitor", "rules", model_id, "--set", "thresholds.psi=0.2", "--set", "schedule=7d")
    report = await shell("monitor", "report", model_id, "-o", str(shell.folder / "snapshot.html"))

    assert f"modelbourse ml monitor snapshot {model_id}" in none.err
    assert all(each in taken.out for each in ("rsi_14", "0.24", "estimated (CBPE)", "There are no labels yet.", "alert: "))
    assert "reported" in sent.out
    assert "--metrics reports a snapshot" in both.err
    assert labelled.out == "2 added, 0 replaced; the model has 2 labels\n"
    assert "Did you mean 'timestamp'?" in unlabelled.err
    assert ("drift" in alerts.out, "performance" in alerts.out) == (True, True)
    assert ("thresholds.psi" in rules.out, "7d" in rules.out) == (True, True)
    assert "2 snapshots" in (await shell("monitor", "list", model_id)).out
    assert "wrote" in report.out
    assert (shell.folder / "snapshot.html").read_text().startswith("<!doctype html>")


async def test_a_model_is_asked_about_rows_of_a_file_and_its_answer_is_shown_and_saved(shell: Shell) -> None:
    # given a trained model and rows as CSV
    model_id = await predicting.priced(shell.studio, shell.user)
    rows = shell.file("prices.csv", "sku,day,price\np0,2024-03-01,35\n")

    # when it is asked
    asked = (await shell("predictions", "ask", model_id, rows, "--detach", "--json")).json
    early = await shell("predictions", "show", model_id, asked["id"])
    await predicting.answered_as(shell.studio, shell.user, asked, predicting.an_answer(shell.studio))
    shown = await shell("predictions", "show", model_id, asked["id"])
    listed = await shell("predictions", "list", model_id)
    await shell("predictions", "download", model_id, asked["id"], "-o", str(shell.folder / "said.jsonl"))
    wrong = await shell("predictions", "ask", model_id, "-", stdin='[{"skuu": "x", "day": "2024-03-01", "price": 2}]', fails=1)
    none = await shell("predictions", "ask", model_id, "-", stdin="", fails=1)

    # then
    assert "waiting for a runner" in early.out
    assert ("4.5" in shown.out, "expected_demand" in shown.out) == (True, True)
    assert asked["id"] in listed.out
    assert json.loads((shell.folder / "said.jsonl").read_text())["row"] == 0
    assert "rows.0.sku" in wrong.err
    assert "has no rows" in none.err


async def test_rows_are_generated_shown_and_had_and_a_question_becomes_a_manifest(shell: Shell) -> None:
    recipe_id = await with_data(shell.user)
    early = await shell("examples", "download", recipe_id, fails=1)
    waiting = asyncio.create_task(shell("examples", "generate", recipe_id, "--rows", "40", "--seed", "3"))
    await do(shell.studio, await requested(shell.studio, shell.user))
    generated = await waiting
    shown = await shell("examples", "show", recipe_id, "--json")
    await shell("examples", "download", recipe_id, "-o", str(shell.folder / "rows.csv"))
    proposed = shell.folder / "proposed.json"
    asked = await shell("chat", "Hold out 40 %, please", "--recipe", recipe_id, "--manifest", str(proposed))
    added = await shell("versions", "add", recipe_id, str(proposed))

    assert "404" in early.err or "no synthetic example" in early.err
    assert "40, SYNTHETIC (generated)" in generated.out
    assert "… 35 more" in generated.out
    head, *lines = (shell.folder / "rows.csv").read_text().splitlines()
    assert (head.split(","), len(lines)) == (list(shown.json["sample_rows_json"][0]), 40)
    assert "[1] " in asked.out
    assert "nothing was changed" in asked.out
    assert json.loads(proposed.read_text())["split"]["test_fraction"] == 0.4
    assert "version 1.1.0 is ver_" in added.out


async def _asked(shell: Shell) -> dict[str, Any]:
    """Wait until a run was asked for, and return it."""
    return await _first(shell, "runs", "/runs")


async def _monitored(shell: Shell, model_id: str) -> str:
    """Wait until a snapshot of a model was asked for, and return its job."""
    return str((await _first(shell, "snapshots", f"/models/{model_id}/monitoring?status=computing"))["job_id"])


async def _first(shell: Shell, rows: str, path: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = []

    async def there() -> bool:
        found[:] = (await answered(shell.user, "GET", path))[rows]
        return bool(found)

    await until(there, what=path)
    return found[0]
