"""`modelbourse jobs watch`: a line for each change, until Ctrl-C, however often a token ends meanwhile."""

import asyncio
import json
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from modelbourse import Modelbourse
from modelbourse.command import INTERRUPTED
from tests.client.command import CTRL_C, Command
from tests.journeys.customer import small_model
from tests.waiting import until

pytestmark = pytest.mark.journey


def sockets(gateway: str) -> float:
    """How many watch jobs on this platform."""
    families = text_string_to_metric_families(httpx.get(f"{gateway}/metrics", timeout=60).text)
    return sum(sample.value for family in families if family.name == "modelbourse_live_sockets" for sample in family.samples)


async def listening(types: Command, *watches: Sequence[str]) -> "list[subprocess.Popen[str]]":
    """Start watches; return them when they listen. What a gateway shows is some seconds old: a watch of an earlier story has to be gone from it."""
    await until(lambda: asyncio.to_thread(lambda: sockets(types.url) == 0), what="nobody watches")
    processes = [types.start("jobs", "watch", *filters) for filters in watches]
    await until(lambda: asyncio.to_thread(lambda: sockets(types.url) == len(watches)), what="they listen")
    return processes


async def test_jobs_are_watched_until_ctrl_c_in_lines_of_json_and_in_lines_that_tell_people_which_job_and_how_it_stands(
    types: Command, client: Modelbourse
) -> None:
    model = client.models.create(**small_model("shown"))
    in_json, for_people = await listening(types, ["--kind", "train", "--json"], ["--model", "shown", "--state", "succeeded"])
    assert in_json.stdout is not None
    assert for_people.stdout is not None

    job_id = client.models.train(model.id).id
    lines = [json.loads(in_json.stdout.readline())]
    while lines[-1]["data"]["state"] != "succeeded":
        lines.append(json.loads(in_json.stdout.readline()))
    line = for_people.stdout.readline()
    for process in (in_json, for_people):
        process.send_signal(signal.SIGINT)
    out, err = in_json.communicate()
    for_people.communicate()

    assert {each["job_id"] for each in lines} == {job_id}
    assert lines[0]["data"]["state"] in {"queued", "running"}
    assert (in_json.returncode, out, err) == (INTERRUPTED, "", "")
    assert job_id in line
    assert "train    succeeded 100 %" in line


def test_in_a_terminal_a_watch_says_that_it_waits(types: Command, tmp_path: Path) -> None:
    with types.in_terminal("jobs", "watch", stdout=tmp_path / "out") as terminal:
        terminal.until("connected; waiting for jobs to change")
        terminal.press(CTRL_C)
        assert terminal.end() == INTERRUPTED

    assert (tmp_path / "out").read_text() == ""


def test_an_empty_filter_does_not_watch_everything(types: Command) -> None:
    done = types("jobs", "watch", "--kind", "")

    assert (done.status, done.out) == (1, "")
    assert "kind is empty" in done.err


def test_a_filter_that_is_none_is_refused_with_the_nearest(types: Command) -> None:
    done = types("jobs", "watch", "--kind", "backtests")

    assert done.status == 1
    assert "Did you mean 'backtest'?" in done.err
