"""Candles of a symbol over the API, by the client and by the command: one's own first, in a window of time, page by page."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from modelbourse.async_modelbourse import AsyncModelbourse
from modelbourse.modelbourse import Modelbourse
from services.gateway.serving import serving
from tests.client.command import Command, Done
from tests.gateway.datasets.desk import Clerk, error_of
from tests.gateway.datasets.test_downloading import a_canonical_file
from tests.gateway.studio.sockets import listening, token
from tests.gateway.studio.test_signal_records import records
from tests.gateway.studio.world import User, World

__all__ = ["records"]
pytestmark = pytest.mark.asyncio(loop_scope="session")
CANDLES = "/v1/ai/candles"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address(studio: World) -> AsyncIterator[str]:
    async with serving(studio.gateway.app, listening()) as address:
        yield address


async def asked(user: User, **query: Any) -> Any:
    answer = await user.http.get(CANDLES, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_window_of_packaged_candles_is_walked_forwards_and_backwards(ada: User) -> None:
    whole = await asked(ada, symbol="AAPL", start="2012-12-03", end="2012-12-31")
    first = await asked(ada, symbol="AAPL", start="2012-12-03", end="2012-12-31", limit=8)
    second = await asked(ada, symbol="AAPL", start=first["next_start"], end="2012-12-31", limit=100)
    before = await asked(ada, symbol="AAPL", end=first["previous_end"], limit=2)

    days = [each["closed_at"][:10] for each in whole["candles"]]
    assert (days[0], days[-1], len(days)) == ("2012-12-03", "2012-12-31", 20)
    assert [*first["candles"], *second["candles"]] == whole["candles"]
    assert (whole["next_start"], second["next_start"]) == (None, None)
    assert [each["closed_at"][:10] for each in before["candles"]] == ["2012-11-29", "2012-11-30"]
    told = {name: whole[name] for name in ("symbol", "timeframe", "source", "dataset_id", "calendar", "adjustment", "synthetic")}
    assert told == {
        "symbol": "AAPL", "timeframe": "1d", "source": "packaged", "dataset_id": "packaged_AAPL_1d", "calendar": "XNYS",
        "adjustment": "splits and dividends", "synthetic": False,
    }  # fmt: skip
    assert set(whole["reasons"]) == {"version", "made_of", "next_start"}
    newest = whole["candles"][-1]
    assert (newest["opened_at"], newest["closed_at"]) == ("2012-12-31T14:30:00.000Z", "2012-12-31T21:00:00.000Z")
    assert newest["low"] <= min(newest["open"], newest["close"]) <= max(newest["open"], newest["close"]) <= newest["high"]


async def test_without_a_start_the_newest_are_meant_and_nothing_comes_after_them(ada: User) -> None:
    found = await asked(ada, symbol="BTC-USD", limit=3)

    assert (found["timeframe"], len(found["candles"]), found["candles"][-1]["closed_at"]) == ("15m", 3, found["last"])
    assert found["next_start"] is None


async def test_what_an_account_has_sent_goes_first_and_is_nobody_elses(studio: World, ada: User, eve: User, tmp_path: Path) -> None:
    clerk = Clerk(studio, ada)
    sent = await clerk.sent(symbol="AAPL")
    await clerk.complete(sent, content=a_canonical_file(tmp_path))

    mine = await asked(ada, symbol="AAPL")
    coarser = await asked(ada, symbol="AAPL", timeframe="4h")
    packaged = await asked(eve, symbol="AAPL", limit=1)
    of_the_hour = await asked(ada, symbol="AAPL", start="2026-01-05T10:30:00Z", end="2026-01-05T12:00:00")

    assert (mine["source"], mine["dataset_id"], mine["version"], mine["timeframe"]) == ("uploaded", sent["dataset_id"], 1, "1h")
    assert [each["close"] for each in mine["candles"]] == [1.5 + each for each in range(8)]
    assert (mine["first"], mine["last"]) == ("2026-01-05T09:00:00.000Z", "2026-01-05T17:00:00.000Z")
    assert (coarser["made_of"], [each["close"] for each in coarser["candles"]]) == ("1h", [7.5])
    assert (packaged["source"], packaged["timeframe"]) == ("packaged", "1d")
    assert [each["closed_at"][11:16] for each in of_the_hour["candles"]] == ["11:00", "12:00"]


@pytest.mark.parametrize(
    ("query", "field", "says"),
    [
        ({"symbol": "APPL"}, "symbol", "Did you mean 'AAPL'?"),
        ({"symbol": "NOBODYS"}, "symbol", "There are no candles for 'NOBODYS'"),
        ({"symbol": "AAPL", "timeframe": "1dd"}, "timeframe", "Did you mean '1d'?"),
        ({"symbol": "AAPL", "timeframe": "1h"}, "timeframe", "AAPL has candles of 1d, not of 1h."),
        ({"symbol": "AAPL", "start": "2024-01-01"}, "start", "from 2000-03-01 to 2013-03-01, none from 2024-01-01 on."),
        ({"symbol": "AAPL", "end": "1990-01-01"}, "end", "from 2000-03-01 to 2013-03-01, none up to 1990-01-01."),
        ({"symbol": "AAPL", "start": "2012-02-30"}, "start", "'2012-02-30' is no day such as"),
        ({"symbol": "AAPL", "start": "2012-02-03", "end": "2012-02-02"}, "end", "Must not be before start."),
        ({"symbol": "AAPL", "limit": 1001}, "limit", "1000"),
        ({"symbol": "AAPL", "stat": "2012-02-03"}, "stat", "Did you mean 'start'?"),
        ({}, "symbol", "required"),
    ],
    ids=lambda each: "-".join(f"{name}={value}" for name, value in each.items()) if isinstance(each, dict) else None,
)
async def test_what_there_is_not_is_said_with_what_there_is(ada: User, query: dict[str, Any], field: str, says: str) -> None:
    status, _, details = error_of(await ada.http.get(CANDLES, params=query))

    assert status == 422
    assert says in " ".join(details[field])


async def test_of_a_window_without_candles_the_nearest_are_named(ada: User) -> None:
    found = await asked(ada, symbol="AAPL", start="2012-12-29", end="2012-12-30")

    assert found["candles"] == []
    assert "before closed at 2012-12-28 21:00 UTC and the nearest after closes at 2012-12-31 21:00 UTC" in found["reasons"]["candles"]
    assert (found["previous_end"], found["next_start"]) == ("2012-12-28T21:00:00.000Z", None)


async def test_generated_candles_stand_in_where_they_are_allowed_and_say_so(ada: User) -> None:
    found = await asked(ada, symbol="NOBODYS", synthetic="allow", limit=2)

    assert (found["source"], found["synthetic"], found["dataset_id"]) == ("generated", True, None)
    assert "generated" in found["reasons"]["dataset_id"]


async def test_the_client_and_the_command_have_them_too(ada: User, address: str, tmp_path: Path) -> None:
    blocking, command = Modelbourse(address, token(ada)), Command(address, tmp_path)

    def ran(*words: str) -> Done:
        return command("data", "candles", "NVDA", *words, MODELBOURSE_TOKEN=token(ada))

    walked = await asyncio.to_thread(lambda: [each.closed_at for each in blocking.datasets.all_candles("NVDA", start="2019-01-01")])
    async with AsyncModelbourse(address, token(ada)) as client:
        part = await client.datasets.candles("NVDA", "1d", start=datetime(2024, 12, 31, 21, tzinfo=UTC), limit=1)
    shown = await asyncio.to_thread(ran, "--start", "2025-02-03", "--limit", "2")
    rows = await asyncio.to_thread(ran, "--csv", "--all", "--start", "2025-02-12")

    assert len(walked) > 1000
    assert walked == sorted(set(walked))
    assert part.candles[0].closed_at - part.candles[0].opened_at == timedelta(hours=6.5)
    assert "packaged_NVDA_1d" in shown.out
    assert "--start 2025-02-05T21:00:00+00:00" in shown.err
    assert [row["closed_at"][:10] for row in csv.DictReader(io.StringIO(rows.out))] == ["2025-02-12", "2025-02-13", "2025-02-14"]


async def test_a_pair_has_the_candles_that_it_has_everywhere_else(ada: User, eve: User) -> None:
    pair = await asked(ada, symbol="BTCUSDT", limit=2)
    named = await asked(eve, symbol="BTC-USD", limit=2)

    assert (pair["symbol"], pair["dataset_id"], pair["timeframe"]) == ("BTCUSDT", "packaged_BTC-USD_15m", "15m")
    assert pair["candles"] == named["candles"]


@pytest.mark.usefixtures("records")
async def test_candles_that_the_command_prints_are_analysed_by_it_though_some_have_no_volume(
    ada: User, address: str, tmp_path: Path
) -> None:
    command = Command(address, tmp_path, {"MODELBOURSE_TOKEN": token(ada)})

    printed = await asyncio.to_thread(command, "data", "candles", "BTC-USD", "--limit", "200", "--csv")
    analysed = await asyncio.to_thread(lambda: command("analyze", "BTC-USD", "--candles", "-", "--json", stdin=printed.out))

    assert "" in {row["volume"] for row in csv.DictReader(io.StringIO(printed.out))}
    assert analysed.status == 0, analysed.err
    assert (analysed.json["timeframe"], analysed.json["market_analysis"]["volume_analysis"] is None) == ("15m", False)


async def test_trades_of_a_symbol_and_a_window_come_by_the_client_and_by_the_command(
    studio: World, ada: User, address: str, tmp_path: Path
) -> None:
    model, blocking = await studio.trained(ada), Modelbourse(address, token(ada))
    command = Command(address, tmp_path, {"MODELBOURSE_TOKEN": token(ada)})
    window = ("--symbol", "MSFT", "--start", "2012-01-07", "--end", "2012-01-09")

    walked = await asyncio.to_thread(lambda: [each.number for each in blocking.models.trades(model, symbol="AAPL", end="2012-01-06")])
    shown, rows = [await asyncio.to_thread(command, "models", "trades", model, *window, how) for how in ("--json", "--csv")]

    assert walked == [1, 3]
    assert [each["number"] for each in shown.json["results"]] == [4, 6]
    assert [each["number"] for each in csv.DictReader(io.StringIO(rows.out))] == ["4", "6"]
