"""Explanations and batch predictions through AI Studio's front door: symbols by dates in order, in one body or line by line."""

import asyncio
import json
import math
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from libs.chassis.errors import InvalidError, UnavailableError
from services.gateway.domain.accounts.caller import Scope
from services.gateway.domain.predictions.ranges import STREAM_MOST, too_many
from tests.gateway.studio.ranges_double import NO_CANDLE, PAGE, RangesDouble
from tests.gateway.studio.world import STUDIO, User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
LINES = {"Accept": "application/x-ndjson"}
FORTNIGHT = {"start_date": "2012-12-03", "end_date": "2012-12-16"}
WEEKDAYS = [f"2012-12-{day:02}" for day in (3, 4, 5, 6, 7, 10, 11, 12, 13, 14)]


@pytest_asyncio.fixture(loop_scope="session")
async def ranges(studio: World) -> AsyncIterator[RangesDouble]:
    """Inference's side of ranges, new for each story."""
    studio.inference.ranges = RangesDouble()
    yield studio.inference.ranges
    studio.inference.ranges = RangesDouble()


async def explain(user: User, model_id: str, *, accept: str = "application/json", **query: str) -> Any:
    return await user.http.get(f"{STUDIO}/models/{model_id}/explain/", params=query, headers={"Accept": accept})


async def batch(user: User, model_id: str, *, accept: str = "application/json", **body: Any) -> Any:
    return await user.http.post(f"{STUDIO}/models/{model_id}/batch-predict/", json=body, headers={"Accept": accept})


def lines_of(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == LINES["Accept"]
    assert answer.text.endswith("\n")
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_explanations_come_symbol_by_symbol_and_day_by_day_and_add_up(studio: World, ada: User, ranges: RangesDouble) -> None:
    model_id = await studio.trained(ada)

    answer = await explain(ada, model_id, symbols="MSFT,AAPL", **FORTNIGHT)

    body = answer.json()
    assert answer.status_code == 200, answer.text
    assert [(row["symbol"], row["timestamp"][:10]) for row in body["explanations"]] == [(s, d) for s in ("MSFT", "AAPL") for d in WEEKDAYS]
    for row in body["explanations"]:
        assert row["prediction_value"] == pytest.approx(row["base_value"] + sum(row["shap_values"].values()), abs=1e-12)
        assert row["expected_value"] == row["base_value"] == 0.4
        assert (row["scale"], row["additivity_error"], row["synthetic"], row["in_sample"]) == ("probability", 0.0, False, True)
    assert body["feature_importance_global"] == pytest.approx({"rsi_14": 2 / 3, "macd_signal": 1 / 3})
    assert (body["model_version"], body["count"], body["reasons"]) == ("1.0", 20, {})
    assert body["skipped"] == [{"symbol": symbol, "count": 4, "reason": NO_CANDLE} for symbol in ("MSFT", "AAPL")]
    assert all(ask.explain and ask.artifact.startswith("sha-of-job_") for ask in ranges.asks)
    assert len(ranges.asks) == 2 * -(-len(WEEKDAYS) // PAGE)


async def test_without_a_word_the_models_own_symbols_are_explained_at_their_last_thirty_candles(
    studio: World, ada: User, ranges: RangesDouble
) -> None:
    model_id = await studio.trained(ada)

    body = (await explain(ada, model_id)).json()
    until_then = (await explain(ada, model_id, symbols=" AAPL ", end_date="2012-12-31")).json()

    assert [(row["symbol"], row["timestamp"][:10]) for row in body["explanations"][29:31]] == [
        ("AAPL", "2013-03-01"),
        ("MSFT", "2013-01-21"),
    ]
    assert body["count"] == 60
    assert (until_then["count"], until_then["explanations"][-1]["timestamp"]) == (30, "2012-12-31T21:00:00.000Z")
    assert {(ask.start, ask.last) for ask in ranges.asks} == {(None, 30)}


async def test_a_batch_has_what_was_asked_for_and_nothing_more(studio: World, ada: User, ranges: RangesDouble) -> None:
    model_id = await studio.trained(ada)

    bare = (await batch(ada, model_id, symbols=["AAPL"], **FORTNIGHT, include_confidence=False)).json()
    usual = (await batch(ada, model_id, symbols=["AAPL"], **FORTNIGHT)).json()
    full = (await batch(ada, model_id, symbols=["AAPL"], **FORTNIGHT, include_shap=True, note="ignored")).json()

    least = {"symbol", "date", "prediction", "value", "as_of", "synthetic", "in_sample", "synthetic_parts", "quality"}
    why = {"feature_contributions", "base_value", "scale", "additivity_error"}
    assert set(bare["predictions"][0]) == least
    assert set(usual["predictions"][0]) == least | {"confidence", "probabilities"}
    assert set(full["predictions"][0]) == least | {"confidence", "probabilities"} | why
    assert [row["date"] for row in full["predictions"]] == WEEKDAYS
    assert (full["count"], full["model_version"]) == (10, "1.0")
    assert full["skipped"] == [{"symbol": "AAPL", "count": 4, "reason": NO_CANDLE}]
    assert [ask.explain for ask in ranges.asks] == [False] * 6 + [True] * 3


async def test_lines_are_the_rows_of_the_body_and_then_what_stands_beside_them(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)

    explained, explained_lines = [await explain(ada, model_id, accept=accept, **FORTNIGHT) for accept in ("*/*", LINES["Accept"])]
    accept = "application/json;q=0.5, application/x-ndjson"
    predicted, predicted_lines = [await batch(ada, model_id, accept=each, symbols=["AAPL", "MSFT"], **FORTNIGHT) for each in ("", accept)]

    for whole, lines, name in ((explained, explained_lines, "explanations"), (predicted, predicted_lines, "predictions")):
        body, (*rows, last) = whole.json(), lines_of(lines)
        assert rows == body.pop(name)
        assert last["summary"] | {"prediction_timestamp": None} == body | {"prediction_timestamp": None}


async def test_lines_come_while_the_rest_is_computed_and_no_more_is_asked_for_than_is_read(
    studio: World, ada: User, ranges: RangesDouble
) -> None:
    model_id = await studio.trained(ada)
    known = set(asyncio.all_tasks())
    started: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        started.append(message)
        if message["type"] == "http.response.body":
            raise OSError  # The reader has gone away after the first lines.

    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": "GET", "scheme": "http", "root_path": "",
        "path": f"{STUDIO}/models/{model_id}/explain/", "raw_path": b"/", "query_string": b"start_date=2001-01-01",
        "headers": [(b"host", b"studio.test"), (b"authorization", ada.http.headers["Authorization"].encode()), (b"accept", LINES["Accept"].encode())],
        "client": ("127.0.0.1", 1), "server": ("studio.test", 80),
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    await studio.gateway.app(scope, receive, send)  # type: ignore[arg-type]  # plain dictionaries, as a server has them

    assert [message["type"] for message in started] == ["http.response.start", "http.response.body"]
    assert len(ranges.asks) < 20

    async def nothing_runs_on() -> bool:
        return not [task for task in asyncio.all_tasks() - known if "_pump" in repr(task)]

    await until(nothing_runs_on, what="the sources' end")


async def test_a_refusal_of_the_first_page_is_an_error_and_one_half_way_is_the_last_line(
    studio: World, ada: User, ranges: RangesDouble
) -> None:
    model_id = await studio.trained(ada)
    ranges.refusals = {1: InvalidError("There is no such thing.", details={"symbols": ["Not this one."]})}
    first = await explain(ada, model_id, symbols="AAPL", accept=LINES["Accept"], **FORTNIGHT)
    ranges.refusals = {4: UnavailableError("The store is away.")}
    ranges.asks.clear()
    body = await batch(ada, model_id, symbols=["AAPL", "MSFT"], **FORTNIGHT)
    ranges.asks.clear()
    *rows, last = lines_of(await explain(ada, model_id, symbols="AAPL,MSFT", accept=LINES["Accept"], **FORTNIGHT))

    assert (first.status_code, first.json()["error"]["details"]) == (400, {"symbols": ["Not this one."]})
    assert (body.status_code, body.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert 0 < len(rows) < 20
    assert [row["timestamp"][:10] for row in rows if row["symbol"] == "AAPL"] == WEEKDAYS[: len([r for r in rows if r["symbol"] == "AAPL"])]
    assert (set(last), last["error"]["code"]) == ({"error", "timestamp"}, "SERVICE_UNAVAILABLE")


async def test_symbols_without_candles_on_these_days_are_left_out_unless_none_has_any(
    studio: World, ada: User, ranges: RangesDouble
) -> None:
    model_id = await studio.trained(ada)

    mixed = (await batch(ada, model_id, symbols=["AAPL", "NVDA"], start_date="2020-01-01", end_date="2020-01-07")).json()
    nothing = await batch(ada, model_id, symbols=["AAPL", "IBM"], start_date="2025-01-10", end_date="2025-01-15")

    assert {ask.symbol for ask in ranges.asks} == {"NVDA"}
    assert mixed["count"] == 5
    assert mixed["skipped"][1]["symbol"] == "AAPL"
    assert mixed["skipped"][1]["count"] == 7
    assert "2000-03-01 to 2013-03-01" in mixed["skipped"][1]["reason"]
    assert nothing.status_code == 400
    assert len(nothing.json()["error"]["details"]["start_date"]) == 2


async def test_no_explanation_has_no_importance_and_says_why(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)

    body = (await explain(ada, model_id, symbols="AAPL", start_date="2012-12-15", end_date="2012-12-16")).json()

    assert (body["explanations"], body["count"], body["feature_importance_global"]) == ([], 0, None)
    assert "no explanation" in body["reasons"]["feature_importance_global"]
    assert body["skipped"] == [{"symbol": "AAPL", "count": 2, "reason": NO_CANDLE}]


async def test_what_is_too_large_for_a_body_may_be_streamed_up_to_its_own_bound(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    symbols = "AAPL,MSFT,IBM,GOOG,NVDA"

    large = await explain(ada, model_id, symbols=symbols, start_date="1990-01-01")

    (problem,) = large.json()["error"]["details"]["start_date"]
    assert large.status_code == 400
    assert "at most 10000" in problem
    assert "application/x-ndjson" in problem


async def test_a_silent_inference_service_is_a_timeout_and_a_lost_broker_is_said_to_be_away(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)

    studio.inference.speaks.clear()
    studio.broker.patience = 0.2
    silent = await explain(ada, model_id, accept=LINES["Accept"], **FORTNIGHT)
    studio.broker.patience = math.inf
    studio.inference.speaks.set()
    studio.broker.away = True
    away = await batch(ada, model_id, symbols=["AAPL"], **FORTNIGHT)
    studio.broker.away = False

    assert (silent.status_code, silent.json()["error"]["code"]) == (504, "TIMEOUT")
    assert (away.status_code, away.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")


async def test_anothers_model_is_not_there_and_a_key_for_reading_explains_nothing(studio: World, ada: User, eve: User) -> None:
    model_id = await studio.trained(ada)
    made = await ada.http.post("/auth/api-keys", json={"name": "charts", "scopes": [Scope.READ.value]})
    reader = User(ada.account_id, studio.client(headers={"Authorization": f"Bearer {made.json()['key']}"}))

    others = [await explain(eve, model_id), await batch(eve, model_id, symbols=["AAPL"])]
    unscoped = [await explain(reader, model_id), await batch(reader, model_id, symbols=["AAPL"])]

    assert {answer.status_code for answer in others} == {404}
    assert {answer.status_code for answer in unscoped} == {403}


async def test_interactions_come_as_a_symmetric_matrix_by_name_where_they_are_asked_for(
    studio: World, ada: User, ranges: RangesDouble
) -> None:
    model_id = await studio.trained(ada)

    explained = (await explain(ada, model_id, symbols="AAPL", include_interactions="true", **FORTNIGHT)).json()
    batched = (await batch(ada, model_id, symbols=["AAPL"], include_shap=True, include_interactions=True, **FORTNIGHT)).json()
    plain = (await explain(ada, model_id, symbols="AAPL", **FORTNIGHT)).json()

    for row in (explained["explanations"][0], batched["predictions"][0]):
        assert row["interactions"] == {
            "rsi_14": {"rsi_14": 0.0, "macd_signal": 0.1},
            "macd_signal": {"rsi_14": 0.1, "macd_signal": 0.2},
        }
        assert row["interactions_error"] == 0.0
    assert "interactions" not in plain["explanations"][0]
    assert [ask.interactions for ask in ranges.asks].count(False) == len(plain["explanations"]) // PAGE + 1


async def test_interactions_are_refused_without_what_they_are_parts_of_and_count_once_for_each_feature(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    years = {"start_date": "2000-01-01", "end_date": "2012-12-31"}  # 4749 days

    alone = await batch(ada, model_id, symbols=["AAPL"], include_interactions=True, **FORTNIGHT)
    misspelt = await explain(ada, model_id, symbols="AAPL", include_interactions="yes", **FORTNIGHT)
    wide: dict[str, Any] = {"symbols": ["AAPL", "MSFT"], "include_shap": True, "include_interactions": True, **years}
    large = await batch(ada, model_id, **wide)

    assert list(alone.json()["error"]["details"]) == list(misspelt.json()["error"]["details"]) == ["include_interactions"]
    assert (alone.status_code, misspelt.status_code, large.status_code) == (400, 400, 400)
    assert "at most 5000 are answered with interactions, where each counts 2 times, once a feature: ask" in large.text
    assert "up to 125000." in large.text
    assert "stream" not in too_many(250_001, symbols=1, most=STREAM_MOST)
