"""Trades on candles: each is drawn where it was made, and what the address says is what is shown."""

import json
import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest

from libs.contracts.backtests import BacktestResult
from libs.contracts.example_jobs import RESULT
from libs.contracts.jobs import JobCompleted
from libs.contracts.plots import Plot
from libs.contracts.tables import TableFile
from services.training.backtests.measuring import trade_columns
from tests.faces.backtests import accepted, becomes, heard
from tests.gateway.studio.doubles import STARTED, measured
from tests.gateway.studio.kept_tables import trades
from tests.gateway.studio.reader import as_user, reader, text_of
from tests.gateway.studio.test_importance import trained_as
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


def chart_of(page: str) -> dict[str, Any]:
    found = re.search(r'<mb-chart[^>]*><script type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found, text_of(page)
    return dict(json.loads(found[1]))


def dots(chart: dict[str, Any], name: str) -> list[str]:
    """Return the candles that one kind of mark stands at."""
    series = next(each for each in chart["series"] if each["name"] == name)
    return [chart["xAxis"]["data"][place] for place, _ in (each["value"] for each in series["data"])]


def links(page: str, words: str) -> str:
    found = re.search(rf'<a[^>]*href="([^"]*)"[^>]*>{words}</a>', page)
    assert found, text_of(page)
    return unescape(found[1]).partition("#")[0]


async def backtested(studio: World, user: User) -> dict[str, Any]:
    """Ask for the backtest of the contracts' examples, and let it end with their result, all of whose trades are kept."""
    told = await accepted(user)
    await heard(studio, told["task_id"])
    result = BacktestResult.model_validate(RESULT)
    table = studio.training.artifacts.put(TableFile(trade_columns(result.trades)).to_bytes())
    await studio.training.bus.publish(
        JobCompleted(
            **studio.training.of_job(told["task_id"]),
            spec=studio.training.job_requests[told["task_id"]].spec,
            started_at=STARTED,
            ended_at=STARTED,
            compute_hours=Decimal("0.005"),
            result=result.model_copy(update={"files": {"trades": table}}).model_dump(mode="json"),
            logs=(),
        )
    )
    return await becomes(studio, user, told["backtest_id"], "COMPLETED")


async def test_trades_of_a_models_test_are_drawn_on_its_candles_and_lead_to_their_place(studio: World) -> None:
    somebody = await reader(studio)
    model = await studio.trained(as_user(studio, somebody))
    here = f"/app/models/{model}/trades"

    page = await somebody.open(links(await somebody.open(f"/app/models/{model}"), "On candles"))
    one = await somebody.open(here + links(page, "2"))
    earlier = await somebody.open(here + links(one, "Earlier"))
    slip = await somebody.open(f"{here}?symbol=APPL")
    beyond = await somebody.open(f"{here}?symbol=AAPL&start=2024-01-01")

    chart, shorts = chart_of(page), chart_of(one)
    assert dots(chart, "Bought") == ["2012-01-03", "2012-01-05", "2012-01-09", "2012-01-11"]
    # The test's first candle is the first whose close was traded on.
    area = chart["series"][0]["markArea"]["data"][0][0]["xAxis"]
    assert chart["xAxis"]["data"][area] == "2012-01-03"
    assert [each["name"] for each in shorts["series"]] == ["Candles", "Sold short", "Left"]
    assert dots(shorts, "Sold short")[0] == "2012-01-04"
    assert 'aria-current="true">2</a>' in one
    assert ["symbolSize" in each for each in shorts["series"][1]["data"]] == [True, *[False] * (len(shorts["series"][1]["data"]) - 1)]
    assert chart_of(earlier)["xAxis"]["data"][-1] <= shorts["xAxis"]["data"][0]
    assert "prices outside of the candles shown" in text_of(page)
    assert "Did you mean" in text_of(slip)
    assert "none from 2024-01-01 on" in text_of(beyond)


async def test_a_window_has_all_of_its_trades_whichever_page_of_the_table_they_are_on(studio: World) -> None:
    somebody = await reader(studio)
    result = measured().model_copy(update={"tables": studio.training.kept(trades(240))})
    model = await trained_as(studio, as_user(studio, somebody), result)

    far = await somebody.open(f"/app/models/{model}/trades?page=2&symbol=AAPL&start=2012-01-03&end=2012-01-10")
    whole = await somebody.open(f"/app/models/{model}/trades?symbol=AAPL&start=2012-01-03&end=2012-12-31")

    assert dots(chart_of(far), "Bought") == ["2012-01-03", "2012-01-05", "2012-01-09"]
    assert "3 trades drawn" in text_of(far)
    assert "the first 100 of 120: go closer to see all" in text_of(whole)


async def test_trades_of_a_backtest_stand_at_the_candles_that_they_were_filled_in(studio: World) -> None:
    somebody = await reader(studio)
    user = as_user(studio, somebody)
    told = await backtested(studio, user)
    here = f"/app/backtests/{told['backtest_id']}"

    page = await somebody.open(links(await somebody.open(here), "On candles"))

    first, chart = told["trades"][0], chart_of(page)
    assert dots(chart, "Bought")[0] == first["entry_date"][:10]
    assert dots(chart, "Left")[0] == first["exit_date"][:10]
    assert "prices outside" not in text_of(page)
    assert "packaged_AAPL_1d" in page


async def test_a_picture_that_a_model_cannot_have_is_a_reason_and_no_broken_picture(studio: World) -> None:
    somebody = await reader(studio)
    result = measured()
    metrics = {name: value for name, value in result.metrics.items() if name != "accuracy"}
    drawn = {name: each for name, each in studio.training.drawn("x").items() if name != Plot.RELIABILITY}
    regression = result.model_copy(update={"metrics": metrics, "plots": drawn})
    model = await trained_as(studio, as_user(studio, somebody), regression)

    page = await somebody.open(f"/app/models/{model}")

    assert "plots/reliability.png" not in page
    assert "answers values, not classes: it has no probabilities to plot." in text_of(page)
    assert "plots/shap-summary.png" in page


async def test_what_has_no_trades_yet_says_why_and_anothers_are_not_there(studio: World) -> None:
    somebody, other = await reader(studio), await reader(studio)
    model = await as_user(studio, somebody).make_model()

    page = await somebody.open(f"/app/models/{model}/trades")
    await other.open(f"/app/models/{model}/trades", status=404)

    assert "<mb-chart" not in page
