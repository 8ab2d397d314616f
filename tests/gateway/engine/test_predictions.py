"""AI Engine's predictions: made of rows at once, kept, listed, joined with what came."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from libs.chassis.errors import InvalidError
from libs.contracts.envelope import now
from libs.contracts.outcomes import Came
from tests.faces.shapes import differences
from tests.gateway.engine.desk import Engineer
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
PATH = "/v1/ai/predictions"
ROWS = [
    {"price_open": 150.25, "price_high": 152.3, "price_low": 149.8, "price_close": 151.75, "volume": 1250000},
    {"price_open": 151.75, "price_high": 153.5, "price_low": 151.0, "price_close": 153.25, "volume": 1350000},
]
TIMES = ["2012-06-05T20:00:00Z", "2012-06-06T20:00:00Z"]
DOCUMENTED = {
    "prediction_id": "pred_123456",
    "model_id": "model_123456",
    "created_at": "2025-06-06T10:10:00Z",
    "predictions": [
        {"timestamp": "2025-06-07T16:00:00Z", "value": 154.75, "confidence_interval": {"lower": 153.5, "upper": 156.0}},
    ],
}
LISTED = {
    "predictions": [{"prediction_id": "pred_123456", "model_id": "model_123456", "created_at": "2025-06-06T10:10:00Z"}],
    "total": 2,
    "limit": 100,
    "offset": 0,
}


@pytest_asyncio.fixture(loop_scope="session")
async def engineer(studio: World, ada: User) -> Engineer:
    return Engineer(studio, ada)


async def a_model(engineer: Engineer) -> str:
    model_id = await engineer.made(target="price_close_next_day", features=["price_close", "volume"])
    await engineer.trained(model_id)
    return model_id


def body(model_id: str, **changes: Any) -> dict[str, Any]:
    return {"model_id": model_id, "data": {"features": ROWS, "timestamps": TIMES} | changes.pop("data", {})} | changes


async def sent(user: User, given: dict[str, Any], *, key: str | None = None) -> httpx.Response:
    return await user.http.post(PATH, json=given, headers={"Idempotency-Key": key} if key else None)


async def test_a_model_answers_by_its_name_in_the_registry(engineer: Engineer, ada: User, eve: User) -> None:
    model_id = await a_model(engineer)
    await engineer.trained(model_id)
    for version in ("1.0", "1.1"):
        await ada.http.post("/v1/ai/registry/desk/versions", json={"model_id": model_id, "model_version": version})
    unpromoted = await sent(ada, body("desk"))
    await ada.http.patch("/v1/ai/registry/desk/versions/2", json={"status": "production"})
    await ada.http.put("/v1/ai/registry/desk/aliases/champion", json={"version": 1})
    answered = [await sent(ada, body(reference)) for reference in ("desk", "desk@champion", "desk@1")]
    missing = [await sent(user, body(name)) for user, name in ((ada, "dessk"), (ada, "desk@challenger"), (ada, "desk@3"), (eve, "desk"))]

    assert [(each.json()["model_id"], each.json()["version"]) for each in answered] == [
        (model_id, "1.1"),
        (model_id, "1.0"),
        (model_id, "1.0"),
    ]
    assert (unpromoted.status_code, [each.status_code for each in missing]) == (409, [404] * 4)
    assert "Did you mean 'desk'?" in missing[0].text


async def test_rows_are_one_window_whose_prediction_is_kept(studio: World, engineer: Engineer, eve: User) -> None:
    model_id = await a_model(engineer)

    made = await sent(engineer.user, body(model_id), key="once")
    again = await sent(engineer.user, body(model_id), key="once")
    kept = await engineer.user.http.get(f"{PATH}/{made.json()['prediction_id']}")

    answer = made.json()
    assert made.status_code == 201, made.text
    assert list(differences(DOCUMENTED, answer)) == []
    assert answer == again.json() == kept.json()
    step = answer["predictions"][0]
    assert (step["timestamp"], step["value"]) == ("2012-06-07T20:00:00.000Z", 153.25)
    assert step["confidence_interval"] == {"lower": 151.25, "upper": 155.25}
    assert (answer["version"], answer["symbol"], answer["horizon"], answer["rows"]) == ("1.0", "AAPL", 1, 2)
    assert len(answer["input_hash"]) == 64
    assert "looked for" in answer["reasons"]["outcome"]
    ask = studio.inference.asks[-1]
    assert ask.sent is not None
    assert (ask.interval_level, ask.sent.columns["price_close"]) == (0.9, (151.75, 153.25))
    assert (await eve.http.get(f"{PATH}/{answer['prediction_id']}")).status_code == 404
    assert (await sent(eve, body(model_id))).status_code == 404


async def test_predictions_are_listed_the_newest_first_by_model_and_dates(engineer: Engineer, eve: User) -> None:
    model_id, other = await a_model(engineer), await a_model(engineer)
    today, tomorrow = now().date(), now().date() + timedelta(days=1)
    ids = [(await sent(engineer.user, body(model_id))).json()["prediction_id"] for _ in range(3)]
    await sent(engineer.user, body(other))

    listed = (await engineer.user.http.get(PATH, params={"model_id": model_id, "limit": 2})).json()
    rest = (await engineer.user.http.get(PATH, params={"model_id": model_id, "limit": 2, "offset": 2})).json()
    dated = await engineer.user.http.get(PATH, params={"model_id": model_id, "start_date": str(today), "end_date": str(tomorrow)})
    later = await engineer.user.http.get(PATH, params={"model_id": model_id, "start_date": f"{tomorrow}T12:00:00Z"})
    wrong = [
        await engineer.user.http.get(PATH, params=params)
        for params in (
            {"start_date": "soon"},
            {"start_date": "2026-02-01", "end_date": "2026-01-01"},
            {"model_id": "m"},
            {"start_date": "9999-12-31T23:59:59-14:00"},
            {"end_date": "0001-01-01T00:00:00+14:00"},
        )
    ]

    assert list(differences(LISTED, listed)) == []
    assert [row["prediction_id"] for row in listed["predictions"] + rest["predictions"]] == ids[::-1]
    assert (listed["total"], dated.json()["total"], later.json()["total"]) == (3, 3, 0)
    assert [each.status_code for each in wrong] == [422] * 5
    assert (await eve.http.get(PATH, params={"model_id": model_id})).json()["total"] == 0


async def refused(engineer: Engineer, model_id: str, **data: Any) -> dict[str, list[str]]:
    answer = await sent(engineer.user, body(model_id, data=data))
    assert answer.status_code == 422, answer.text
    return dict(answer.json()["error"]["details"])


async def test_moments_that_cannot_be_are_refused_with_what_can(engineer: Engineer) -> None:
    model_id = await a_model(engineer)

    lengths = await refused(engineer, model_id, timestamps=TIMES[:1])
    order = await refused(engineer, model_id, timestamps=TIMES[::-1])
    zone = await refused(engineer, model_id, timestamps=["2012-06-05T20:00:00", TIMES[1]])
    far = [
        await refused(engineer, model_id, timestamps=times)
        for times in (
            ["9999-12-30T00:00:00Z", "9999-12-31T00:00:00Z"],
            ["0001-01-01T00:00:00+14:00", TIMES[1]],
            ["1900-01-01T00:00:00Z", "2100-01-01T00:00:00Z"],
        )
    ]

    assert "1 timestamps for 2 rows" in lengths["data.timestamps"][0]
    assert len(order["data.timestamps"]) == 1
    assert "the oldest row comes first" in order["data.timestamps"][0]
    assert "no time zone" in zone["data.timestamps"][0]
    assert "rows are of 1900-01-01 to" in far[0]["data.timestamps"][0]
    assert [len(each["data.timestamps"]) for each in far] == [1, 1, 1]


async def test_what_cannot_be_predicted_is_refused_with_what_can(studio: World, engineer: Engineer) -> None:
    model_id, untrained = await a_model(engineer), await engineer.made()
    misspelt = [{"price_clsoe": 1.0, "volume": 2.0}]

    not_ready = await sent(engineer.user, body(untrained))
    names = await refused(engineer, model_id, features=misspelt, timestamps=TIMES[:1])
    number = await refused(engineer, model_id, features=[ROWS[0], ROWS[1] | {"price_close": "high"}])
    large = await refused(engineer, model_id, features=[ROWS[0], ROWS[1] | {"price_close": 1e300}])
    negative = await refused(engineer, model_id, features=[ROWS[0], ROWS[1] | {"price_close": -5, "volume": -1}])
    no_candle = await refused(engineer, model_id, features=[ROWS[0] | {"price_high": 1}, ROWS[1] | {"price_low": 153}])
    symbol = await sent(engineer.user, body(model_id, symbol="AAPLE"))
    level = await sent(engineer.user, body(model_id, interval_level=1.5))
    extra = await sent(engineer.user, body(model_id, data={"features": [row | {"sentiment_score": 0.5} for row in ROWS]}))
    studio.inference.refusal = InvalidError("There are 2 rows.", details={"data.features": ["At least 50 are needed."]})
    short = await sent(engineer.user, body(model_id))
    studio.inference.refusal = None

    assert not_ready.status_code == 409
    assert not_ready.json()["error"]["details"] == {"status": ["The model is created."]}
    assert "Did you mean 'price_close'?" in names["data.features"][0]
    assert number["data.features"] == ["1.price_close: must be a number."]
    assert large["data.features"] == ["1.price_close: is too large: models take numbers up to 3.4e+38."]
    assert negative["data.features"] == ["1.price_close: must be above 0, as prices are.", "1.volume: must not be below 0."]
    assert no_candle["data.features"] == [
        "0.price_high: must not be below price_open, which is 150.25.",
        "1.price_low: must not be above price_open, which is 151.75.",
    ]
    assert "Did you mean 'AAPL'?" in symbol.json()["error"]["details"]["symbol"][0]
    assert level.status_code == 422
    assert extra.json()["ignored"] == ["sentiment_score"]
    assert (short.status_code, short.json()["error"]["details"]["data.features"]) == (422, ["At least 50 are needed."])


async def test_what_came_is_joined_and_scores_the_model(studio: World, engineer: Engineer) -> None:
    model_id = await a_model(engineer)
    join = studio.gateway.engine.join_outcomes
    first = (await sent(engineer.user, body(model_id))).json()["prediction_id"]
    fresh = await engineer.get(f"/{model_id}")

    # Its candle has not come: it is looked for again, later.
    waited = await join()
    studio.inference.came = Came(value=160.0, known_at=datetime(2012, 6, 7, 20, tzinfo=UTC))
    second, alike = [(await sent(engineer.user, body(model_id))).json()["prediction_id"] for _ in range(2)]
    asks = len(studio.inference.outcome_asks)
    joined = await join()
    answers = [(await engineer.user.http.get(f"{PATH}/{each}")).json() for each in (first, second)]
    third = (await sent(engineer.user, body(model_id))).json()
    model = await engineer.get(f"/{model_id}")
    studio.inference.came = Came(value=None, known_at=None, reason="Its time has not come.", final=False)

    assert waited == 0
    # Both are one ask: inference reads the candles once.
    assert joined == 2
    assert [len(each.moments) for each in studio.inference.outcome_asks[asks:]] == [2]
    assert (await engineer.user.http.get(f"{PATH}/{alike}")).json()["outcome"] == answers[1]["outcome"]
    assert (answers[0]["outcome"], answers[0]["reasons"]["outcome"]) == (None, "Its time has not come.")
    assert answers[1]["outcome"] == {"value": 160.0, "error": 6.75, "inside_interval": False, "known_at": "2012-06-07T20:00:00.000Z"}
    asked = studio.inference.outcome_asks[-1]
    assert (asked.symbol, asked.target, asked.horizon) == ("AAPL", "price_close_next_day", 1)
    assert (fresh["live_metrics"]["n"], model["live_metrics"]["n"]) == (0, 2)
    assert (model["live_metrics"]["mae"], model["live_metrics"]["coverage"]) == (6.75, 0.0)
    # A truth outside makes the next interval wider (Gibbs and Candès).
    assert third["interval_level_used"] == pytest.approx(0.936)
