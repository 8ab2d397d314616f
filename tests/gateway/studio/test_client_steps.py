"""Stories of what the Python client sends, and of how it holds on to a watch, told step by step: nothing is sent, nobody waits."""

import time
from typing import Any

import httpx
import pytest

from modelbourse.errors import NotConnectedError, UnsendableError
from modelbourse.models import alias_version, get_model, get_plot, get_version, stage_version
from modelbourse.outages import OUTAGE_MOST_S, Outage
from modelbourse.sockets import Closed
from modelbourse.steps import Pause, Receive, Send
from modelbourse.watching import watch_jobs
from tests.gateway.studio.client_stage import away

MODEL = "model_01m8k30a4tf8s9v3c5n7w2y6qp"
GOES_DOWN = Closed(1012, "the gateway is going down")


def sent(steps: Any) -> Send:
    step = next(steps)
    assert isinstance(step, Send)
    return step


def opened() -> httpx.Response:
    return httpx.Response(101, extensions={"socket": object()})


@pytest.mark.parametrize(
    ("given", "told"), [("champion", ["champion"]), (["champion", "v"], ["champion", "v"]), (("a", "b"), ["a", "b"]), ([], [])]
)
def test_a_string_is_one_alias_and_a_list_as_many_as_it_has(given: Any, told: list[str]) -> None:
    assert sent(alias_version(away(), MODEL, "1.0", given)).body == {"aliases": told}


@pytest.mark.parametrize("given", [None, 5, [5], b"champion", {"champion": True}])
def test_aliases_that_are_no_strings_are_refused_before_anything_is_sent(given: Any) -> None:
    with pytest.raises(UnsendableError, match="aliases takes a string or a list of strings"):
        alias_version(away(), MODEL, "1.0", given)


@pytest.mark.parametrize(
    ("steps", "path"),
    [
        (lambda at: get_model(at, "../jobs"), "models/..%2Fjobs/"),
        (lambda at: get_plot(at, MODEL, "../../jobs/?"), f"models/{MODEL}/plots/..%2F..%2Fjobs%2F%3F.png"),
        (lambda at: get_version(at, MODEL, "../x"), f"models/{MODEL}/versions/..%2Fx/"),
        (lambda at: stage_version(at, MODEL, "../x", "staging"), f"models/{MODEL}/versions/..%2Fx/"),
    ],
)
def test_whatever_an_id_holds_it_is_one_part_of_a_path(steps: Any, path: str) -> None:
    assert sent(steps(away())).path == f"/api/ai-studio/{path}"


@pytest.mark.parametrize("version", ["", ".", ".."])
def test_a_version_that_can_be_none_is_called_a_version(version: str) -> None:
    with pytest.raises(UnsendableError, match="is no version"):
        stage_version(away(), MODEL, version, "staging")


@pytest.mark.parametrize("given", ["", [], ",", [""]])
def test_a_filter_that_is_empty_is_refused_as_it_would_filter_nothing(given: Any) -> None:
    with pytest.raises(UnsendableError, match="kind is empty"):
        next(watch_jobs(away(), kind=given))


def test_a_filter_that_is_no_string_is_refused_in_a_sentence() -> None:
    with pytest.raises(UnsendableError, match="kind takes a string or a list of strings, which 5 is not"):
        next(watch_jobs(away(), kind=5))  # type: ignore[arg-type]  # what is refused


def test_a_watch_holds_on_while_its_gateway_is_away_and_says_so_once(capsys: pytest.CaptureFixture[str]) -> None:
    steps = watch_jobs(away(), kind="train", progress=True)
    assert next(steps).params == {"kind": "train", "ended_within": None}
    assert isinstance(steps.send(opened()), Receive)
    assert isinstance(steps.send(GOES_DOWN), Pause)

    for _ in range(3):
        again = steps.send(None)
        assert again.params["ended_within"] >= 60
        assert isinstance(steps.throw(httpx.ConnectError("refused")), Pause)
    steps.send(None)
    assert isinstance(steps.send(opened()), Receive)

    lost, back = capsys.readouterr().err.splitlines()
    assert lost == "no gateway answers at http://127.0.0.1:9 (refused); it is tried again for 10 minutes"
    assert back == "connected again"


def test_a_watch_whose_gateway_never_answered_ends_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    steps = watch_jobs(away(), progress=True)
    next(steps)

    with pytest.raises(NotConnectedError):
        steps.throw(httpx.ConnectError("refused"))

    assert capsys.readouterr().err == ""


def test_an_outage_is_waited_through_for_ten_minutes_and_no_longer() -> None:
    error = NotConnectedError("http://gateway", "refused")

    assert Outage().pause(error) > 0
    with pytest.raises(NotConnectedError):
        Outage(since=time.monotonic() - OUTAGE_MOST_S - 1).pause(error)
