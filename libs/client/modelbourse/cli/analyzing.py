"""`modelbourse analyze`: a signal and what it rests on, of candles of one's own; else where the platform's candles are heading."""

from contextlib import suppress
from typing import Annotated, Any, Final

import typer

from modelbourse.answers.trading_ai.signals import PredictedTrend, SignalAnalysis
from modelbourse.cli import completing
from modelbourse.cli.candle_files import read_candles
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, out, print_facts, print_json, print_table, say, shown, tell, write_line
from modelbourse.cli.sparkline import bar
from modelbourse.errors import InvalidRequestError
from modelbourse.modelbourse import Modelbourse

# The first that the platform has is taken.
TIMEFRAMES: Final = ("1h", "15m", "1d")
REASONS_MOST: Final = 3
COLOURS: Final = {
    "Long": "green", "Short": "red", "Neutral": "yellow", "BULLISH": "green", "BEARISH": "red", "NEUTRAL": "yellow",
    "Bullish": "green", "Bearish": "red", "Low": "green", "Medium": "yellow", "High": "red",
}  # fmt: skip


def analyze(
    symbol: Annotated[str, typer.Argument(metavar="SYMBOL", help="Of what.", autocompletion=completing.symbols)],
    *,
    candles: Annotated[
        list[str] | None, typer.Option(help="A CSV or JSON file of candles, of each timeframe one; - is stdin. 50 of each are enough.")
    ] = None,
    timeframe: Annotated[
        str | None,
        typer.Option(
            help="1m, 5m, 15m, 1h, 4h or 1d. Default: by how far candles are apart; without a file the first of 1h, 15m, 1d that there is."
        ),
    ] = None,
    price: Annotated[float | None, typer.Option(help="What it costs now. Default: the last close.")] = None,
    strategy: Annotated[list[str] | None, typer.Option(help="Let the signal rest on this strategy alone, as 'RSI Strategy'.")] = None,
    risk: Annotated[str | None, typer.Option(help="What a position may risk: Low, Medium, High …")] = None,
    masked: Annotated[bool, typer.Option("--masked", help="Ask the LLM without names and dates, too.")] = False,
    replay: Annotated[bool, typer.Option("--replay", help="Repeat the LLM's kept answer to exactly this.")] = False,
    json_: JsonOption = False,
) -> None:
    """Analyse candles of yours: a signal, scores, levels and risk; without a file say where the platform's candles are heading.

    modelbourse analyze BTCUSDT --candles btc-1h.csv --candles btc-4h.csv

    A CSV has the columns timestamp (ISO 8601, or milliseconds or seconds since 1970), open, high, low, close and volume, which is empty
    where it is not known. The candles that the platform has come by a command, too:

    modelbourse data candles BTC-USD --limit 200 --csv | modelbourse analyze BTC-USD --candles -
    """
    if not candles:
        tell("by the platform's own candles, see `modelbourse data candles`; a whole analysis is made of what you give: --candles FILE")
        found = _trend(open_client(), symbol, timeframe)
        return print_json(found) if json_ else _print_trend(found)
    given = read_candles(candles, timeframe=timeframe)
    context = {name: value for name, value in (("selected_strategies", strategy), ("risk_level", risk)) if value}
    analysis = open_client().signals.analyze(symbol, given, current_price=price, context=context or None, masked=masked, replay=replay)
    return print_json(analysis) if json_ else print_analysis(analysis)


def print_analysis(analysis: SignalAnalysis) -> None:
    """Print a signal, its scores, the market and the risk; what is unknown is left out, and how much that is is said."""
    console, market, risk = out(), analysis.market_analysis, analysis.risk_assessment
    sure = f"{analysis.symbol} {analysis.timeframe}: {analysis.signal}, confidence {analysis.confidence:.0%} (at {analysis.price:.6g})"
    write_line(sure + (" SYNTHETIC" if analysis.synthetic else ""), console, marks=COLOURS | {"SYNTHETIC": "yellow"})
    say(analysis.reasoning)
    say("")
    rows = [(name, score, "" if score is None else bar(score)) for name, score in analysis.strategy_scores.items()]
    print_table(("strategy", "score", "short · long"), rows)
    say("")
    print_facts(
        [
            ("trend", _words(market.trend_direction, _share(market.trend_strength, "strength"))),
            ("market", _words(analysis.condition.condition_type, analysis.condition.market_phase)),
            ("support", market.support_levels or None),
            ("resistance", market.resistance_levels or None),
            ("volatility", market.volatility_level),
            ("volume", market.volume_analysis),
            ("risk", _words(risk.overall_risk, _share(risk.technical_risk, "technical"), _share(risk.market_risk, "market"))),
            ("position", _share(risk.recommended_position_size, "of the equity")),
            ("stop loss", risk.stop_loss_suggestion),
            ("take profit", risk.take_profit_suggestion),
            ("deployed model", _model(analysis)),
            ("analyst", analysis.llm_model or f"the rules: {analysis.llm_absent}"),
            ("without names", None if analysis.masked is None else f"{analysis.masked.signal}, {analysis.masked.confidence:.0%}"),
            ("signal", analysis.signal_id),
        ]
    )
    for path, noticed in analysis.warnings.items():
        say(f"noticed: {path}: {'; '.join(noticed)}")
    reasons = list(analysis.reasons.items())
    for name, reason in reasons[:REASONS_MOST]:
        say(f"unknown: {name}: {reason}")
    if len(reasons) > REASONS_MOST:
        say(f"{len(reasons) - REASONS_MOST} more are unknown; --json has all")


def _trend(client: Modelbourse, symbol: str, timeframe: str | None) -> PredictedTrend:
    """Return a symbol's trend: of the timeframe, else of the first that the platform has candles of."""
    if timeframe is None:
        for each in TIMEFRAMES:
            with suppress(InvalidRequestError):
                return client.signals.predict_trend(symbol, timeframe=each)
    return client.signals.predict_trend(symbol, timeframe=timeframe or TIMEFRAMES[0])


def _print_trend(found: PredictedTrend) -> None:
    write_line(f"{found.symbol}: {found.trend or 'not known'}", out(), marks=COLOURS)
    print_facts(
        [
            ("confidence", None if found.confidence is None else f"{found.confidence:.0%}"),
            ("looks ahead", found.prediction_horizon),
            ("says", "the rules" if found.model_view is None else f"{found.model_view.model_id}, version {found.model_view.version}"),
            ("candles", f"{found.candles}, the newest closed {shown(found.as_of)}"),
            ("age", None if found.age_bars is None else f"{found.age_bars} bars old{' STALE' if found.stale else ''}"),
            ("data", found.data_source + (" SYNTHETIC" if found.synthetic else "")),
        ]
    )


def _model(analysis: SignalAnalysis) -> str | None:
    view = analysis.model_view
    sure = None if view is None or view.confidence is None else f"{view.confidence:.0%}"
    return None if view is None else _words(view.prediction, sure, f"{view.model_id} {view.version}")


def _share(value: float | None, noun: str) -> str | None:
    return None if value is None else f"{value:.0%} {noun}"


def _words(*parts: Any) -> str | None:
    return ", ".join(str(part) for part in parts if part is not None) or None
