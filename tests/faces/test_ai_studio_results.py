"""What a model did on its test, through AI Studio's front door: trades page by page and as CSV, and the whole curve with its plot."""

import csv
from io import StringIO
from typing import Any

import httpx
import pytest

from libs.contracts.plots import REPORT, Plot
from libs.contracts.tables import Table
from services.gateway.domain.accounts.caller import Scope
from tests.gateway.document import Document
from tests.gateway.studio.doubles import BACKTEST, IMPORTANCE, METRICS, measured
from tests.gateway.studio.kept_tables import EQUITY, HELD, trades
from tests.gateway.studio.test_importance import trained_as
from tests.gateway.studio.world import PUBLIC, STUDIO, User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
ENDS = ["trades", "equity-curve"]
DRAWN = ["trades/", "equity-curve/", "plots/equity.png", "report.html"]


async def as_csv(user: User, path: str, accept: str = "text/csv") -> httpx.Response:
    return await user.http.get(f"{STUDIO}{path}", headers={"Accept": accept})


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(StringIO(answer.text)))


async def test_trades_come_page_by_page_and_agree_with_the_metrics_that_are_shown(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)

    pages = [await ada.get(f"/models/{model_id}/trades/?page={page}&page_size=4") for page in (1, 2, 3)]

    found = [trade for page in pages for trade in page["results"]]
    shown = await ada.get(f"/models/{model_id}/")
    assert [page["count"] for page in pages] == [shown["backtest_results"]["total_trades"]] * 3
    assert pages[0]["next"].startswith(f"{PUBLIC}{STUDIO}/models/{model_id}/trades/?")
    assert (pages[0]["previous"], pages[2]["next"]) == (None, None)
    assert [trade["number"] for trade in found] == list(range(1, 11))
    won = [trade["net_return"] for trade in found if trade["net_return"] > 0]
    assert (len(won), len(won) / len(found)) == (BACKTEST["winning_trades"], shown["backtest_results"]["win_rate"])
    assert sum(trade["pnl"] for trade in found) == pytest.approx(shown["performance_metrics"]["total_return"])
    assert found[1] == {
        "number": 2,
        "symbol": "MSFT",
        "side": "SHORT",
        "entry_time": "2012-01-04T21:00:00.000Z",
        "entry_price": 101.0,
        "exit_time": "2012-01-05T21:00:00.000Z",
        "exit_price": 101.5,
        "bars_held": 1,
        "weight": 0.625,
        "gross_return": 0.021,
        "costs": 0.001,
        "net_return": 0.02,
        "pnl": 0.0125,
        "exit_reason": "SIGNAL",
    }
    assert {name: pages[0][name] for name in ("model_version", "timeframe", "synthetic", "left_out")} == {
        "model_version": "1.0",
        "timeframe": "1d",
        "synthetic": False,
        "left_out": 0,
    }


async def test_trades_are_found_by_symbol_and_by_the_window_that_they_were_open_in(studio: World, ada: User, document: Document) -> None:
    model_id = await studio.trained(ada)
    path = f"/models/{model_id}/trades/"

    found = await ada.get(f"{path}?symbol=MSFT&start=2012-01-07&end=2012-01-10T20:00:00Z&page_size=1")
    rest = (await ada.http.get(found["next"])).json()
    whole = await as_csv(ada, f"{path}?end=2012-01-04")
    slip = await ada.http.get(f"{STUDIO}{path}?symbol=MSTF")
    back = await ada.http.get(f"{STUDIO}{path}?start=2012-01-05&end=2012-01-04")

    assert (found["count"], [trade["number"] for trade in (*found["results"], *rest["results"])]) == (2, [4, 6])
    assert rest["next"] is None
    assert [row["number"] for row in rows_of(whole)] == ["1", "2"]
    assert slip.json()["error"]["details"] == {"symbol": ["'MSTF' is not one of AAPL, MSFT. Did you mean 'MSFT'?"]}
    assert back.json()["error"]["details"] == {"end": ["Must not be before start."]}
    assert [document.misfits(answer) for answer in (whole, slip, back)] == [[]] * 3


async def test_a_walk_through_trades_ends_clearly_when_another_version_serves_meanwhile(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    first = await ada.get(f"/models/{model_id}/trades/?page_size=6")
    second = (await ada.http.get(first["next"])).json()
    job_id = await ada.train(model_id)
    await studio.training.complete(job_id)
    await ada.job_is(job_id, "COMPLETED")

    late = await ada.http.get(first["next"])

    assert [trade["number"] for trade in second["results"]] == [7, 8, 9, 10]
    assert second["next"] is None
    assert late.status_code == 400
    assert late.json()["error"]["details"] == {"cursor": ["It is of version 1.0, and 1.1 serves: begin without it."]}


async def test_trades_as_csv_are_all_of_them_or_the_page_that_is_asked_for(studio: World, ada: User, document: Document) -> None:
    model_id = await studio.trained(ada)
    path = f"/models/{model_id}/trades/"

    whole, page = await as_csv(ada, path), await as_csv(ada, f"{path}?page=2&page_size=4", "text/html, TEXT/CSV;q=0.5")

    as_json = (await ada.get(path))["results"]
    assert rows_of(whole) == [{name: str(value) for name, value in trade.items()} for trade in as_json]
    assert rows_of(page) == rows_of(whole)[4:8]
    assert document.misfits(whole) == []


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("accept", ["*/*", "application/xml", "text/csv;q=0", "text/*", "", "nonsense"])
async def test_who_does_not_name_csv_is_answered_with_json(studio: World, ada: User, end: str, accept: str) -> None:
    model_id = await studio.trained(ada)

    answer = await as_csv(ada, f"/models/{model_id}/{end}/", accept)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")


async def test_the_whole_curve_has_buy_and_hold_and_drawdown_beside_it(studio: World, ada: User, document: Document) -> None:
    model_id = await studio.trained(ada)
    path = f"/models/{model_id}/equity-curve/"

    body, answer = await ada.get(path), await as_csv(ada, path)

    points = body["points"]
    assert [point["equity"] for point in points] == list(EQUITY)
    assert [point["buy_and_hold"] for point in points] == list(HELD)
    assert (points[0]["time"], body["count"], body["left_out"], body["reasons"]) == ("2012-01-03T21:00:00.000Z", 5, 0, {})
    assert points[-1]["equity"] - 1 == pytest.approx(METRICS["total_return"])
    assert max(point["drawdown"] for point in points) == pytest.approx(METRICS["max_drawdown"])
    assert max(point["buy_and_hold_drawdown"] for point in points) == pytest.approx(0.05)
    assert rows_of(answer) == [{name: str(value) for name, value in point.items()} for point in points]
    assert document.misfits(answer) == []
    picture = await ada.http.get(body["equity_plot_url"])
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")


async def test_trades_that_were_too_many_are_counted(studio: World, ada: User) -> None:
    tables = studio.training.kept(trades(3, left_out=50_000))
    model_id = await trained_as(studio, ada, measured().model_copy(update={"tables": tables}))

    body = await ada.get(f"/models/{model_id}/trades/")

    assert (body["count"], body["left_out"], [trade["number"] for trade in body["results"]]) == (3, 50_000, [50_001, 50_002, 50_003])


async def test_a_new_version_shows_its_own_trades_once_it_serves(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    job_id = await ada.train(model_id)
    meanwhile = await ada.get(f"/models/{model_id}/trades/")

    await studio.training.complete(job_id, result=measured().model_copy(update={"tables": studio.training.kept(trades(3))}))
    await ada.job_is(job_id, "COMPLETED")

    new = await ada.get(f"/models/{model_id}/trades/")
    assert (meanwhile["model_version"], meanwhile["count"], new["model_version"], new["count"]) == ("1.0", 10, "1.1", 3)


async def test_a_model_trained_before_they_were_kept_and_a_draft_say_so(studio: World, ada: User, document: Document) -> None:
    older = {name: plot for name, plot in studio.training.drawn("older").items() if name not in {Plot.EQUITY, REPORT}}
    old = await trained_as(studio, ada, measured().model_copy(update={"plots": older}))
    draft = await ada.make_model()

    told = {}
    for name, model_id in (("old", old), ("draft", draft)):
        for end in DRAWN:
            answer = await ada.call("GET", f"/models/{model_id}/{end}")
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "RESOURCE_NOT_FOUND")
            assert document.misfits(answer) == []
            told[name, end] = answer.json()["error"]["message"]

    assert told == {
        ("old", "trades/"): "Version 1.0 was trained before trades were kept: train the model again to have them.",
        ("old", "equity-curve/"): "Version 1.0 was trained before the whole curve was kept: train the model again to have it.",
        ("old", "plots/equity.png"): "Version 1.0 was trained before this plot was drawn: train the model again to have it.",
        ("old", "report.html"): "Version 1.0 was trained before reports were written: train the model again to have it.",
    } | {("draft", end): "The model has not been trained yet." for end in DRAWN}


@pytest.mark.parametrize(("end", "media"), [("report.html", "text/html; charset=utf-8"), ("plots/drawdown.svg", "image/svg+xml")])
async def test_what_was_drawn_may_be_kept_and_runs_nothing(studio: World, ada: User, document: Document, end: str, media: str) -> None:
    path = f"/models/{await studio.trained(ada)}/{end}"

    first = await ada.call("GET", path)
    again = await ada.http.get(f"{STUDIO}{path}", headers={"If-None-Match": first.headers["etag"]})

    assert (first.status_code, first.headers["content-type"], first.text[:1]) == (200, media, "<")
    assert first.headers["content-security-policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    assert document.misfits(first) == []
    assert (again.status_code, again.content) == (304, b"")


async def test_a_networks_shares_say_how_far_they_are_estimates(studio: World, ada: User, document: Document) -> None:
    how = IMPORTANCE | {"estimated": True, "standard_error": 0.002}
    result = measured()
    model_id = await trained_as(studio, ada, result.model_copy(update={"run_card": result.run_card | {"feature_importance": how}}))

    answer = await ada.call("GET", f"/models/{model_id}/feature-importance/")

    assert answer.json()["measured"] == how
    assert document.misfits(answer) == []


async def test_a_table_that_is_gone_from_the_store_is_missed_in_clear_words(studio: World, ada: User) -> None:
    kept = studio.training.kept()
    gone = {table.value: kept[table.value].model_copy(update={"sha256": "0" * 64}) for table in Table}
    model_id = await trained_as(studio, ada, measured().model_copy(update={"tables": gone}))

    answers: list[Any] = [await ada.call("GET", f"/models/{model_id}/{end}/") for end in ENDS]

    why = "The table is no longer in the artifact store: train the model again to have it."
    assert [(answer.status_code, answer.json()["error"]["message"]) for answer in answers] == [(404, why)] * 2


async def test_a_key_without_the_scope_read_sees_no_trade(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    made = await ada.http.post("/auth/api-keys", json={"name": "predictor", "scopes": [Scope.PREDICT.value]})

    async with studio.client(headers={"Authorization": f"Bearer {made.json()['key']}"}) as http:
        answers = [await http.get(f"{STUDIO}/models/{model_id}/{end}/") for end in ENDS]

    assert [answer.status_code for answer in answers] == [403, 403]
