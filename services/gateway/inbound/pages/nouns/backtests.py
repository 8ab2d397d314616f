"""Backtests of strategies: asked for, listed, and one with all that was measured."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from services.gateway.inbound.pages import charts
from services.gateway.inbound.pages.nouns.models import longest
from services.gateway.inbound.pages.page import Action, Facts, Form, Page, Read, filled, json_of
from services.gateway.inbound.pages.rendering import words

BACKTESTS: Final = "/app/backtests"
API: Final = "/api/backtests"
SIZE: Final = 20
YEARS: Final = 5
STRATEGIES: Final = ("stochastic", "rsi", "macd", "bollinger", "volume", "model", "rules")
STATUSES: Final = ("PENDING", "RUNNING", "COMPLETED", "FAILED")
NUMBERS: Final = ("initial_capital", "position_size", "commission", "stop_loss", "take_profit", "trailing_stop")
RULES: Final = ("enter_long", "exit_long", "enter_short", "exit_short")


def _new(form: Form) -> dict[str, Any]:
    rules = {"rules": filled(form, *RULES)} if form.get("strategy_name") == "rules" else {}
    own = {"parameters": json_of(form["parameters"])} if form.get("parameters", "").strip() else {}
    return (
        filled(form, "strategy_name", "symbol", "timeframe", "start_date", "end_date", "direction", "model_id", numbers=NUMBERS)
        | own
        | rules
    )


def _begun(facts: Facts) -> Mapping[str, Any]:
    """Return what the form begins with: the symbol with the longest history, and its newest years."""
    first = longest(facts["symbols"]["results"])
    if first is None:
        return {"strategies": STRATEGIES, "first": {"symbol": "", "start": "", "end": ""}}
    opens, last = (date.fromisoformat(first[name][:10]) for name in ("start_date", "end_date"))
    start = max(opens, last - timedelta(days=365 * YEARS))
    return {"strategies": STRATEGIES, "first": {"symbol": first["symbol"], "start": start.isoformat(), "end": last.isoformat()}}


def _to_backtest(answer: Any, _: Mapping[str, str]) -> str:
    return f"{BACKTESTS}/{answer['check_results_url'].rpartition('/')[2]}"


def _surface(sweep: Mapping[str, Any] | None) -> charts.Option | None:
    """Return a sweep as a line over one parameter, or a map of colours over the first two."""
    if not sweep:
        return None
    names, points = list(sweep["grid"]), sweep["points"]
    if len(names) == 1:
        return charts.scatter([(each["parameters"].get(names[0]), each["sharpe_ratio"]) for each in points], names[0], "Sharpe ratio")
    return charts.surface(
        [(each["parameters"].get(names[0]), each["parameters"].get(names[1]), each["sharpe_ratio"]) for each in points],
        names[0],
        names[1],
        "Sharpe ratio",
    )


def _shape(facts: Facts) -> Mapping[str, Any]:
    """Return charts of an ended backtest, and what it came to in one table."""
    told = facts["backtest"]
    curve = told.get("equity_curve") or []
    sections = {
        name: told.get(name)
        for name in ("performance_summary", "performance", "risk_metrics", "execution", "buy_and_hold")
        if told.get(name)
    }
    dates = [each["date"] for each in curve]
    return {
        "surface": _surface(told.get("sweep")),
        "ended": told["status"] in {"COMPLETED", "FAILED"},
        "sections": sections,
        "equity": charts.timeline(dates, {"Equity": [each["equity"] for each in curve]}) if curve else None,
        "fallen": charts.timeline(dates, {"Drawdown, %": [round(-100 * each["drawdown"], 3) for each in curve]}) if curve else None,
    }


PAGES: Final = (
    Page(
        path=BACKTESTS,
        template="backtests.html",
        title="Backtests",
        reads={"backtests": Read(API, query=("strategy_name", "symbol", "status", "sort_by", "sort_order"), size=SIZE)},
        shape=lambda _: {"size": SIZE, "strategies": STRATEGIES, "statuses": STATUSES},
    ),
    Page(
        path=f"{BACKTESTS}/new",
        template="new_backtest.html",
        title="New backtest",
        crumbs=((BACKTESTS, "Backtests"),),
        reads={
            "symbols": Read("/api/ai-studio/symbols/", fixed={"page_size": 100}),
            "models": Read("/api/ai-studio/models/", fixed={"status": "COMPLETED", "page_size": 100}, needed=False),
        },
        shape=_begun,
        actions={"ask": Action("POST", API, _new, _to_backtest, "The backtest is queued.")},
    ),
    Page(
        path=f"{BACKTESTS}/{{backtest_id}}",
        template="backtest.html",
        title=lambda facts: f"{words(facts['backtest']['strategy_name'])} on {facts['backtest']['symbol']}",
        crumbs=((BACKTESTS, "Backtests"),),
        reads={"backtest": Read(f"{API}/{{backtest_id}}")},
        shape=_shape,
        actions={"delete": Action("DELETE", f"{API}/{{backtest_id}}", goes=lambda *_: BACKTESTS, done="The backtest is deleted.")},
    ),
)
FILES: Final = {
    f"{BACKTESTS}/{{backtest_id}}/report.html": f"{API}/{{backtest_id}}/report.html",
    f"{BACKTESTS}/{{backtest_id}}/plots/{{plot}}": f"{API}/{{backtest_id}}/plots/{{plot}}",
}
