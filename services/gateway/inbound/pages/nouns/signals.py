"""Signals: what is said of a symbol now, and how what was said has come out."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from libs.contracts.own_candles import SECONDS
from services.gateway.inbound.pages import candle_chart, charts
from services.gateway.inbound.pages.page import Action, Facts, Form, Page, Read, filled, number_of, several

SIGNALS: Final = "/app/signals"
SYMBOL: Final = f"{SIGNALS}/symbol"
TRADING: Final = "/ai"
TIMEFRAMES: Final[Mapping[str, str]] = {
    "1m": "Minutes",
    "5m": "5 minutes",
    "15m": "15 minutes",
    "1h": "Hourly",
    "4h": "4 hours",
    "1d": "Daily",
}
# Each symbol has its own timeframe, so none is chosen before a reader does.
CHOICES: Final = (("", "As they are kept"), *TIMEFRAMES.items())
# What candles of one's own count as, of a symbol that the platform has none of.
USUAL: Final = "1h"
DAYS: Final = (("7", "7 days"), ("30", "30 days"), ("90", "90 days"))
OUTCOMES: Final = ("PROFIT", "LOSS", "NEUTRAL")
RISKS: Final = ("Low", "Medium", "High")
PRICES: Final = ("open", "high", "low", "close", "volume")
# Every indicator and rank has what it needs of these.
CANDLES: Final = 300
HISTORY: Final = 20
CRUMBS: Final = ((SIGNALS, "Signals"),)


def _milliseconds(text: str) -> Any:
    """Return a moment in milliseconds since 1970: of a number of them, or by ISO 8601; what is neither is the API's to refuse."""
    # Python reads some numbers as dates: 1796061234567 as the year 1796.
    if text.isdecimal():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return number_of(text)
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return candles of the API as a field has them; an unknown volume is 0, which analyses take for unknown where the price moved."""
    lines = [f"{each['opened_at']},{','.join(str(each[name] or 0) for name in PRICES)}" for each in rows]
    return "\n".join([f"timestamp,{','.join(PRICES)}", *lines])


def _rows(text: str) -> Any:
    """Return a field's candles as the API takes them: CSV, or JSON as it is."""
    if text.lstrip().startswith(("[", "{")):
        try:
            return json.loads(text)
        except ValueError:
            return text
    read = csv.DictReader(text.strip().splitlines())
    return [
        {"timestamp": _milliseconds(row.get("timestamp") or "")} | {name: number_of(row.get(name) or "") for name in PRICES} for row in read
    ]


def _asked(symbol: str, timeframe: str, rows: Any, *, now: bool = False) -> dict[str, Any]:
    """Return a question about candles: as of the newest one's close, or as of now."""
    asked = {"symbol": symbol, "timeframe_data": {timeframe: rows}}
    last = rows[-1] if isinstance(rows, list) and rows and isinstance(rows[-1], dict) else {}
    opened = last.get("timestamp")
    closed = {"timestamp": opened + SECONDS[timeframe] * 1000} if isinstance(opened, int) and timeframe in SECONDS and not now else {}
    return asked | {"current_price": last.get("close")} | closed


def _analysis(form: Form) -> dict[str, Any]:
    """Return the body of an analysis."""
    asked = _asked(form.get("symbol", ""), form.get("timeframe", USUAL), _rows(form.get("candles", "")), now=form.get("as_of") == "now")
    context = {"selected_strategies": several(form, "selected_strategies")} | filled(form, "risk_level")
    return asked | {"strategy_context": context} | ({"masked": True} if form.get("masked") else {})


def signal_key(told: Mapping[str, Any]) -> str:
    """Return what a form names a signal by: all that feedback has to repeat of it."""
    return f"{told['signal_id']} {told['signal']} {told['symbol']}"


def _feedback(form: Form) -> dict[str, Any]:
    """Return the body of feedback on the signal that a form names."""
    named = zip(("signal_id", "predicted_signal", "symbol"), form.get("of", "").split(" ", 2), strict=False)
    return dict(named) | filled(form, "actual_outcome", "feedback_notes", numbers=("profit_loss",))


def _looked_at(facts: Facts) -> Mapping[str, Read]:
    """Return what is said of the symbol's candles without making a signal of them."""
    symbol, timeframe = facts["asked"].get("symbol", ""), _timeframe(facts)
    if timeframe is None:
        return {}
    found = {"trend": Read("/predict-trend", body={"symbol": symbol, "timeframe": timeframe}, needed=False)}
    rows = (facts["candles"] or {}).get("candles")
    if not rows:
        return found
    asked = _asked(symbol, timeframe, _rows(as_csv(rows)))
    return found | {
        "condition": Read(f"{TRADING}/market-condition", body=asked, needed=False),
        "recommended": Read(f"{TRADING}/strategy-recommendations", body=asked, needed=False),
    }


def _timeframe(facts: Facts) -> str | None:
    """Return the timeframe that is asked for, or that of the symbol's own candles; None where there are none."""
    asked: str | None = facts["asked"].get("timeframe") or (facts["candles"] or {}).get("timeframe")
    return asked


def _shape_symbol(facts: Facts) -> Mapping[str, Any]:
    """Return the candles as a chart and as the form has them, and what was answered."""
    symbol, timeframe = facts["asked"].get("symbol", ""), _timeframe(facts) or USUAL
    candles: Mapping[str, Any] = facts["candles"] or {}
    rows = candles.get("candles") or []
    analysis = facts["found"].get("analysis")
    scores = {name: value for name, value in (analysis or {}).get("strategy_scores", {}).items() if value is not None}
    suited = {each["strategy_name"]: each["suitability_score"] for each in facts.get("recommended") or ()}
    return {
        "symbol": symbol,
        "timeframe": timeframe,
        "timeframes": CHOICES,
        "risks": RISKS,
        "outcomes": OUTCOMES,
        "rows": len(rows),
        # What is sent counts as a market's: a signal of generated candles would be judged and counted without its mark.
        "sent_candles": as_csv(rows) if rows and not candles["synthetic"] else "",
        "chart": candle_chart.candles(rows, (), timeframe=timeframe) if rows else None,
        "trend": facts.get("trend"),
        "condition": facts.get("condition"),
        "recommended": facts.get("recommended"),
        "suited": charts.bars(suited, name="Suitability") if suited else None,
        "analysis": analysis,
        "scores": charts.bars(scores, name="Score") if scores else None,
        "past": (facts["history"] or {}).get("analyses") if symbol else None,
        "key": signal_key(analysis) if analysis and analysis["signal_id"] else "",
    }


def _shape_signals(facts: Facts) -> Mapping[str, Any]:
    """Return the choices of the forms; what is repeated from a store has no signal to speak of."""
    told = [each for each in (facts["history"] or {}).get("analyses", ()) if each["signal_id"]]
    choices = [(signal_key(each), f"{each['symbol']}: {each['signal']}, {each['timestamp'][:16].replace('T', ' ')} UTC") for each in told]
    return {"timeframes": CHOICES, "outcomes": OUTCOMES, "choices": choices}


def _shape_performance(facts: Facts) -> Mapping[str, Any]:
    """Return how often signals of which confidence were right, as a chart."""
    groups = facts["performance"]["calibration"]
    names = [f"{each['low']:.1f} to {each['high']:.1f}" for each in groups]
    series = {"Mean confidence": [each["mean_confidence"] for each in groups], "Right": [each["hit_rate"] for each in groups]}
    return {"reliable": charts.beside(names, series) if groups else None, "days": DAYS}


HISTORY_READ: Final = Read(f"{TRADING}/gpt4-analysis-history", fixed={"days": 30, "limit": HISTORY}, needed=False)
STRATEGIES: Final = Read(f"{TRADING}/strategies", needed=False)
SYMBOLS: Final = Read("/api/ai-studio/symbols/", fixed={"page_size": 100}, needed=False)
FEEDBACK: Final = Action("POST", f"{TRADING}/feedback", _feedback, done="It counts in the place of what the market did.")
PAGES: Final[Sequence[Page]] = (
    Page(
        path=SIGNALS,
        template="signals.html",
        title="Signals",
        reads={"history": HISTORY_READ, "symbols": SYMBOLS, "info": Read(f"{TRADING}/info", needed=False)},
        shape=_shape_signals,
        actions={"feedback": FEEDBACK},
    ),
    Page(
        path=SYMBOL,
        template="signal.html",
        title=lambda facts: facts["asked"].get("symbol") or "Which symbol?",
        crumbs=CRUMBS,
        reads={
            "candles": Read("/v1/ai/candles", query=("symbol", "timeframe", "synthetic"), fixed={"limit": CANDLES}, needed=False),
            "strategies": STRATEGIES,
            "symbols": SYMBOLS,
            "history": replace(HISTORY_READ, query=("symbol",)),
        },
        more=_looked_at,
        shape=_shape_symbol,
        actions={"analyze": Action("POST", f"{TRADING}/analyze", _analysis, shows="analysis"), "feedback": FEEDBACK},
    ),
    Page(
        path=f"{SIGNALS}/performance",
        template="signals_performance.html",
        title="How signals came out",
        crumbs=CRUMBS,
        reads={
            "performance": Read(f"{TRADING}/performance", query=("days",)),
            "cost": Read(f"{TRADING}/cost/statistics", needed=False),
            "stored": Read(f"{TRADING}/storage/stats", needed=False),
            "suggested": Read(f"{TRADING}/config-suggestions", query=("days",), needed=False),
        },
        shape=_shape_performance,
        actions={"suggest": Action("POST", f"{TRADING}/config-analysis/trigger", lambda _: {}, done="How you trade was weighed again.")},
    ),
)
