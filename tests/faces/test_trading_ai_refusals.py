"""What Trading AI refuses, and to whom: each problem by field in one text, tenants, strangers, limits, paths that are not there."""

import asyncio
import secrets
from decimal import Decimal
from typing import Any

import pytest

from libs.contracts.ids import new_id
from libs.contracts.marketplace import ReserveCredits
from services.gateway.domain.accounts.account import Tier
from tests.faces.backtests import BACKTESTS, accepted, asked, becomes, get, play, played, post
from tests.faces.odd_values import ODD
from tests.gateway.document import Document
from tests.gateway.studio.world import Places, User, World, world

pytestmark = pytest.mark.asyncio(loop_scope="session")

# What is asked for, and words of the answer.
REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({"strategy_name": "rsy"}, ["strategy_name: Must be stochastic, rsi, macd, bollinger, volume, model or rules. Did you mean 'rsi'?"]),
    ({"strategy_name": None}, ["strategy_name: This field is required."]),
    ({"symbol": "APPL"}, ["There is no symbol 'APPL'. Did you mean 'AAPL'?"]),
    ({"symbol": "TSLA"}, ["There are no candles for 'TSLA'", "AAPL, MSFT"]),
    ({"timeframe": "4h"}, ["timeframe: AAPL has candles of 1d, not of 4h."]),
    ({"timeframe": "2d"}, ["timeframe: Must be 1m, 5m, 15m, 30m, 1h, 4h, 1d or 1w."]),
    ({"timeframe": "1h"}, ["timeframe: AAPL has candles of 1d, not of 1h."]),
    ({"start_date": "2012-12-31", "end_date": "2005-01-03"}, ["Invalid date range. start_date must be before end_date."]),
    ({"start_date": "2005-01-03", "end_date": "2005-01-03"}, ["Invalid date range. start_date must be before end_date."]),
    ({"start_date": "03.01.2005"}, ["start_date: Must be a date such as 2012-12-31."]),
    ({"end_date": "2012-02-30"}, ["end_date: Must be a date such as 2012-12-31."]),
    ({"start_date": "1999-01-01"}, ["start_date: AAPL has 1d candles from 2000-03-01 to 2013-03-01. There are none on 1999-01-01."]),
    ({"end_date": "2025-11-22"}, ["end_date: AAPL has 1d candles from 2000-03-01 to 2013-03-01. There are none on 2025-11-22."]),
    ({"parameters": {"oversold": 70, "overbought": 30}}, ["oversold must be below overbought"]),
    ({"parameters": {"period": 1}}, ["parameters.period: Input should be greater than or equal to 2."]),
    ({"parameters": {"period": "14"}}, ["parameters.period: Must be a number."]),
    ({"parameters": {"perod": 14}}, ["there are period, overbought, oversold. Did you mean 'period'?"]),
    ({"initial_capital": 0}, ["initial_capital: Input should be greater than or equal to 1."]),
    ({"initial_capital": True}, ["initial_capital: Must be a number."]),
    ({"position_size": 1.1}, ["position_size: Input should be less than or equal to 1."]),
    ({"initial_capital": 1e-300}, ["initial_capital: Input should be greater than or equal to 1."]),
    ({"commission": 0.2}, ["commission: Input should be less than or equal to 0.05."]),
    ({"comission": 0.002}, ["comission: There is no such field;", "Did you mean 'commission'?"]),
    (
        {"timeframe": "2w", "commission": -1, "leverage": 2},
        ["timeframe: Must be", "commission: Input should be", "leverage: There is no such field;"],
    ),
]
WHAT_TO_SEND = "Send a JSON object with the fields that /docs names for this path."
# A body, its type, and what is wrong with it.
BODIES = [
    (b"", "application/json", f"There is no body. {WHAT_TO_SEND}"),
    (
        b"{",
        "application/json",
        f"The body is not JSON: Expecting property name enclosed in double quotes at line 1, column 2. {WHAT_TO_SEND}",
    ),
    (b"strategy_name=rsi", "application/json", f"The body is not JSON: Expecting value at line 1, column 1. {WHAT_TO_SEND}"),
    (
        b'{"strategy_name": "rsi", "symbol": "AAPL", "timeframe": "1d"}',
        "application/json",
        "start_date: This field is required. end_date: This field is required.",
    ),
    (b"[]", "application/json", f"Must be an object. {WHAT_TO_SEND}"),
    (b"null", "application/json", f"Must be an object. {WHAT_TO_SEND}"),
    (
        b"{}",
        "application/x-www-form-urlencoded",
        "Content-Type: 'application/x-www-form-urlencoded' is not understood; send application/json.",
    ),
]
LISTS = [
    ("?status=DONE", "status: Must be PENDING, RUNNING, COMPLETED or FAILED."),
    ("?sort_by=profit", "Did you mean 'net_profit'?"),
    ("?sort_order=up", "sort_order: Must be asc or desc."),
    ("?limit=0", "limit: Must be a whole number from 1 to 100."),
    ("?limit=101&offset=-1", "offset: Must be a whole number from 0"),
    ("?symbol=APPL", "Did you mean 'AAPL'?"),
    ("?stratgy_name=rsi", "Did you mean 'strategy_name'?"),
    ("?order=desc", "order: There is no such parameter; there are limit, "),
]


async def test_what_cannot_be_played_is_refused_in_one_text_that_names_each_field(ada: User, document: Document) -> None:
    for change, words in REFUSED:
        answer = await post(ada, **change)

        assert (answer.status_code, set(answer.json())) == (400, {"detail"}), change
        assert [each for each in words if each not in answer.json()["detail"]] == [], answer.text
        assert document.misfits(answer) == []
    assert (await post(ada, start_date="2013-01-02")).json() == {"detail": "Invalid date range. start_date must be before end_date."}
    # Nothing of this was a backtest.
    assert (await ada.http.get(BACKTESTS)).json()["total"] == 0
    assert (await post(ada)).headers["x-ratelimit-remaining"] == "19"


async def test_a_body_that_is_no_request_is_refused_in_a_sentence_that_says_what_to_send(ada: User, document: Document) -> None:
    for body, media_type, words in BODIES:
        answer = await ada.http.post(BACKTESTS, content=body, headers={"content-type": media_type})

        assert (answer.status_code, answer.json()) == (400, {"detail": words}), body
        assert document.misfits(answer) == []


async def test_what_has_ended_and_what_is_somebody_elses_is_not_cancelled(studio: World, ada: User, eve: User, document: Document) -> None:
    done, theirs = await played(studio, ada), await accepted(eve)

    answers = [await ada.http.delete(f"{BACKTESTS}/{each}") for each in (done["backtest_id"], done["task_id"], theirs["task_id"], "x")]

    assert [answer.status_code for answer in answers] == [400, 400, 404, 404]
    assert answers[0].json() == {"detail": "Only a backtest that is PENDING or RUNNING can be cancelled; this one is COMPLETED."}
    assert answers[2].json() == {"detail": f"Backtest not found: {theirs['task_id']}"}
    assert [document.misfits(answer) for answer in answers] == [[]] * 4
    assert (await get(eve, theirs["backtest_id"]))["status"] == "PENDING"


@pytest.mark.parametrize("field", [*asked(), "initial_capital", "position_size", "commission", "parameters.period", "parameters.oversold"])
async def test_an_odd_value_is_taken_or_refused_by_the_name_of_its_field(ada: User, field: str, document: Document) -> None:
    for value in ODD:
        outer, _, inner = field.partition(".")
        answer = await ada.http.post(BACKTESTS, json=asked() | {outer: {inner: value} if inner else value})

        assert answer.status_code in {202, 400}, (value, answer.text)
        assert answer.status_code == 202 or outer in answer.json()["detail"], (value, answer.text)
        assert document.misfits(answer) == []


async def test_lists_refuse_what_they_cannot_be_asked(ada: User, document: Document) -> None:
    for query, words in LISTS:
        answer = await ada.http.get(f"{BACKTESTS}{query}")

        assert (answer.status_code, set(answer.json())) == (400, {"detail"}), query
        assert words in answer.json()["detail"]
        assert document.misfits(answer) == []


async def test_what_is_not_there_or_somebody_elses_is_not_found(ada: User, eve: User, document: Document) -> None:
    told = await accepted(ada)
    mine, theirs = told["backtest_id"], [f"{BACKTESTS}/{told[name]}" for name in ("backtest_id", "task_id")]

    answers = [await eve.http.get(path) for path in theirs]
    nothing = await ada.http.get(f"{BACKTESTS}/backtest_macd_BTCUSDT_20251120")

    assert answers[0].json() == {"detail": f"Backtest not found: {mine}"}
    assert nothing.json() == {"detail": "Backtest not found: backtest_macd_BTCUSDT_20251120"}
    for answer in (*answers, nothing):
        assert answer.status_code == 404
        assert document.misfits(answer) == []
    assert (await eve.http.get(BACKTESTS)).json()["total"] == 0
    assert (await accepted(eve))["backtest_id"] == mine
    assert await get(ada, told["task_id"]) == await get(ada, mine)
    assert (await ada.http.get(f"{BACKTESTS}/{mine}/")).status_code == 200


async def test_its_own_paths_answer_in_its_words(ada: User) -> None:
    changed = await ada.http.patch(f"{BACKTESTS}/backtest_rsi_AAPL_20260105", json={})
    deeper = await ada.http.get(f"{BACKTESTS}/backtest_rsi_AAPL_20260105/trades")
    unknown = await ada.http.get(BACKTESTS, headers={"Authorization": "Bearer nonsense"})

    assert (changed.status_code, changed.headers["allow"]) == (405, "DELETE, GET, HEAD")
    assert (deeper.status_code, unknown.status_code) == (404, 401)
    assert all(set(answer.json()) == {"detail"} for answer in (changed, deeper, unknown))


@pytest.mark.parametrize(("scope", "asks", "looks"), [("read", 403, 200), ("train", 202, 200), ("predict", 403, 403)])
async def test_a_key_does_what_its_scope_says(studio: World, ada: User, scope: str, asks: int, looks: int) -> None:
    made = (await ada.http.post("/auth/api-keys", json={"name": scope, "scopes": [scope]})).json()
    program = User(ada.account_id, studio.client(headers={"Authorization": f"Bearer {made['key']}"}))

    asked_for, listed = await post(program), await program.http.get(BACKTESTS)
    ended = await program.http.delete(f"{BACKTESTS}/{(await accepted(ada))['backtest_id']}")

    assert (asked_for.status_code, listed.status_code, ended.status_code) == (asks, looks, 200 if asks == 202 else 403)
    assert asks == 202 or asked_for.json()["detail"] == f"This credential is not good for 'train'; it has: {scope}."


async def test_a_backtest_that_cannot_be_paid_is_none_of_the_day(studio: World) -> None:
    free = await studio.user(Tier.FREE)
    nearly_all = ReserveCredits(job_id=new_id("job"), account_id=free.account_id, tier="free", hours=Decimal("9.995"))
    await studio.gateway.platform.services.marketplace.reserve(nearly_all)
    key = secrets.token_hex(8)
    refused = [await post(free, key=key) for _ in range(2)]

    bought = await free.call("POST", "/compute/purchase-credits/", {"hours": 5, "payment_method": "credit_card"})
    paid = await post(free, key=key)

    assert [answer.status_code for answer in refused] == [402, 402]
    assert (bought.status_code, paid.status_code, paid.headers["x-ratelimit-remaining"]) == (201, 202, "19")


async def test_a_request_that_comes_twice_is_one_backtest_and_counts_once(ada: User) -> None:
    key = secrets.token_hex(8)
    first, again = await post(ada, key=key), await post(ada, key=key)
    other = await post(ada, key=key, symbol="MSFT")
    next_one = await post(ada)

    assert first.json() == again.json()
    assert other.status_code == 409
    assert next_one.headers["x-ratelimit-remaining"] == "18"


async def test_twenty_backtests_a_day_and_sixty_requests_a_minute(ada: User, document: Document) -> None:
    answers = [await post(ada) for _ in range(21)]
    rest = [await ada.http.get(BACKTESTS) for _ in range(40)]

    assert [answer.status_code for answer in answers] == [202] * 20 + [429]
    assert answers[-1].json() == {"detail": "Backtest limit reached. Maximum 20 backtests per day."}
    assert 0 < int(answers[-1].headers["retry-after"]) <= 86_400
    assert [answer.status_code for answer in rest] == [200] * 39 + [429]
    assert rest[-1].json() == {"detail": "Rate limit exceeded. Please try again later."}
    assert document.misfits(answers[-1]) == document.misfits(rest[-1]) == []


async def test_more_jobs_at_once_than_a_tier_has_are_refused(studio: World, document: Document) -> None:
    free = await studio.user(Tier.FREE)

    answers = [await post(free) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [202, 202, 403]
    assert answers[2].json()["detail"] == "Tier 'free' has at most 2 jobs of any kind that wait or run."
    # A refusal is no backtest of the day.
    assert (answers[1].headers["x-ratelimit-remaining"], answers[2].headers["x-ratelimit-limit"]) == ("18", "60")
    assert document.misfits(answers[-1]) == []


async def test_what_is_refused_of_many_at_once_is_none_of_the_day(studio: World) -> None:
    free = await studio.user(Tier.FREE)

    answers = await asyncio.gather(*(post(free) for _ in range(6)))
    made = [answer.json() for answer in answers if answer.status_code == 202]
    for each in made:
        await play(studio, each["task_id"])
        await becomes(studio, free, each["backtest_id"], "COMPLETED")
    later = await post(free)

    assert sorted(answer.status_code for answer in answers) == [202, 202, 403, 403, 403, 403]
    assert (later.status_code, later.headers["x-ratelimit-remaining"]) == (202, "17")


async def test_who_has_no_credential_is_one_account_with_all_others_where_the_document_lets_them_in(
    mongo_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with world(Places(mongo_url, redis_url, tmp_path_factory.mktemp("strangers"))) as made:
        one, other, ada = User("", made.client()), User("", made.client(made.other)), await made.user()
        key = secrets.token_hex(8)

        told = (await post(one, key=key)).json()
        again = (await post(one, key=key)).json()
        await play(made, told["task_id"])
        done = await becomes(made, other, told["backtest_id"], "COMPLETED")

        assert again == told
        assert done["performance"]["total_trades"] > 0
        assert [row["backtest_id"] for row in (await other.http.get(BACKTESTS)).json()["backtests"]] == [told["backtest_id"]]
        assert (await ada.http.get(BACKTESTS)).json()["total"] == 0
        assert (await one.http.get("/api/ai-studio/models/")).status_code == 401


async def test_where_strangers_never_come_in_a_credential_is_needed(
    mongo_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with world(Places(mongo_url, redis_url, tmp_path_factory.mktemp("never")), gateways=1, anonymous="never") as made:
        stranger, ada = made.client(), await made.user()

        answers = [
            await stranger.post(BACKTESTS, json=asked(), headers={"Idempotency-Key": "k"}),
            await stranger.get(BACKTESTS),
            await stranger.get(f"{BACKTESTS}/x"),
        ]

        assert [(answer.status_code, set(answer.json())) for answer in answers] == [(401, {"detail"})] * 3
        assert (await post(ada)).status_code == 202
