"""`modelbourse backtest` and `modelbourse sweep`: play a strategy, wait for it, and show what came of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from modelbourse.cli import completing
from modelbourse.cli.errors import CommandError
from modelbourse.cli.interrupting import heeding_ctrl_c
from modelbourse.cli.opening import open_client
from modelbourse.cli.ranges import parameters_of
from modelbourse.cli.showing import JsonOption, print_json, say, tell
from modelbourse.command import INTERRUPTED

STRATEGIES: Final = ("stochastic", "rsi", "macd", "bollinger", "volume", "model", "rules")


def _strategies(incomplete: str) -> list[str]:
    return [each for each in STRATEGIES if each.startswith(incomplete)]


Strategy = Annotated[str, typer.Argument(metavar="STRATEGY", help=f"{', '.join(STRATEGIES)}.", autocompletion=_strategies)]
Symbols = Annotated[
    list[str], typer.Argument(metavar="SYMBOL…", help="On what; several share one cash.", autocompletion=completing.symbols)
]
From = Annotated[str, typer.Option("--from", metavar="DAY", help="The first day (UTC): 2024-01-01.")]
To = Annotated[str, typer.Option("--to", metavar="DAY", help="The last day (UTC).")]
Timeframe = Annotated[str, typer.Option(help="How long a candle is.")]
Param = Annotated[list[str] | None, typer.Option(help="The strategy's own: period=14; to be tried: period=7,14,21 or period=7:28:7.")]
Direction = Annotated[str | None, typer.Option(help="long, short or both.")]
Capital = Annotated[float | None, typer.Option(help="In the currency of the prices.")]
Size = Annotated[float | None, typer.Option("--size", help="What a position takes of the equity, as a fraction.")]
Commission = Annotated[float | None, typer.Option(help="Of each side, as a fraction.")]
Slippage = Annotated[float | None, typer.Option(help="How much worse than its quote a fill is, as a fraction.")]
StopLoss = Annotated[float | None, typer.Option(help="Fraction of the entry price.")]
TakeProfit = Annotated[float | None, typer.Option(help="Fraction of the entry price.")]
TrailingStop = Annotated[float | None, typer.Option(help="Fraction of the best price since the entry.")]
Rules = Annotated[
    list[str] | None, typer.Option(help="With rules: enter_long=rsi_14 < 30 and close > sma_50; also exit_long, enter_short …")
]
Model = Annotated[str | None, typer.Option(help="With model: a trained model's id or its readable name.")]
WalkForward = Annotated[
    str | None, typer.Option(metavar="IN:OUT", help="Tune on so many days, score on so many after: 500:125, window after window.")
]
Anchored = Annotated[bool, typer.Option("--anchored", help="Let each window begin on the first day.")]
Metric = Annotated[str | None, typer.Option(help="Score windows by sharpe_ratio, net_profit, calmar_ratio or sortino_ratio.")]
Lookahead = Annotated[bool, typer.Option("--lookahead", help="Prove that no decision knows what comes after it.")]
Report = Annotated[Path | None, typer.Option(metavar="DIR", help="Write report.html and all pictures (PNG and SVG) there.")]
Detach = Annotated[bool, typer.Option("--detach", help="Ask for it and do not wait.")]


def backtest(
    strategy: Strategy, symbols: Symbols, *, start: From, end: To, timeframe: Timeframe = "1d", param: Param = None,
    direction: Direction = None, capital: Capital = None, size: Size = None, commission: Commission = None, slippage: Slippage = None,
    stop_loss: StopLoss = None, take_profit: TakeProfit = None, trailing_stop: TrailingStop = None, rules: Rules = None,
    model: Model = None, walk_forward: WalkForward = None, anchored: Anchored = False, metric: Metric = None,
    lookahead: Lookahead = False, report: Report = None, detach: Detach = False, json_: JsonOption = False,
) -> None:  # fmt: skip
    """Play a strategy on candles of the past, and show what came of it beside buying and holding.

    modelbourse backtest rsi BTCUSDT --from 2021-01-01 --to 2023-12-31 --param period=14 --direction both --stop-loss 0.05

    modelbourse backtest rules AAPL --from 2005-01-03 --to 2012-12-31 --rules "enter_long=rsi_14 < 30 and close > sma_50"
    """
    terms: dict[str, Any] = {
        "direction": direction,
        "initial_capital": capital,
        "position_size": size,
        "commission": commission,
        "stop_loss": stop_loss,
    }
    terms |= {"take_profit": take_profit, "trailing_stop": trailing_stop, "model_id": model, "rules": _rules(rules)}
    terms |= _walk(walk_forward, anchored=anchored, metric=metric) | _costs(slippage) | {"lookahead_check": lookahead or None}
    asked = {"start_date": start, "end_date": end, "timeframe": timeframe, "parameters": parameters_of(param or ())} | terms
    _play(strategy, symbols, asked, report=report, detach=detach, json_=json_)


def sweep(
    strategy: Strategy, symbols: Symbols, *, start: From, end: To, param: Param = None, timeframe: Timeframe = "1d",
    direction: Direction = None, capital: Capital = None, size: Size = None, commission: Commission = None, slippage: Slippage = None,
    stop_loss: StopLoss = None, take_profit: TakeProfit = None, trailing_stop: TrailingStop = None, walk_forward: WalkForward = None,
    anchored: Anchored = False, metric: Metric = None, report: Report = None, detach: Detach = False, json_: JsonOption = False,
) -> None:  # fmt: skip
    """Play a strategy with every combination of parameters, and say whether the best stands on a plateau, and how likely it was luck.

    modelbourse sweep rsi BTCUSDT --from 2021-01-01 --to 2023-12-31 --param period=7:28:7 --param oversold=20,25,30
    """
    values = parameters_of(param or ())
    if not any(isinstance(each, list) for each in values.values()):
        message = "a sweep tries several values of a parameter: add --param period=7:28:7 (from:to:step) or --param period=7,14,21"
        raise CommandError(message, status=2)
    terms: dict[str, Any] = {
        "direction": direction,
        "initial_capital": capital,
        "position_size": size,
        "commission": commission,
        "stop_loss": stop_loss,
    }
    terms |= {"take_profit": take_profit, "trailing_stop": trailing_stop}
    terms |= _walk(walk_forward, anchored=anchored, metric=metric) | _costs(slippage)
    asked = {"start_date": start, "end_date": end, "timeframe": timeframe, "parameters": values} | terms
    _play(strategy, symbols, asked, report=report, detach=detach, json_=json_)


def _play(strategy: str, symbols: Sequence[str], asked: dict[str, Any], *, report: Path | None, detach: bool, json_: bool) -> None:
    client = open_client()
    told = {name: value for name, value in asked.items() if value is not None}
    accepted = client.backtests.start(strategy, symbols[0] if len(symbols) == 1 else symbols, **told)
    if detach:
        wait = f"see how it stands: modelbourse tasks show {accepted.task_id}"
        return print_json(accepted) if json_ else say(f"started {accepted.backtest_id}; {wait}")
    tell(f"started {accepted.backtest_id}")
    try:
        with heeding_ctrl_c() as look:
            done = client.backtests.wait(accepted.backtest_id, progress=True, watch=look)
    except KeyboardInterrupt:
        tell(f"the backtest goes on\n→ how it stands: modelbourse tasks show {accepted.task_id}")
        tell(f"→ end it: modelbourse tasks cancel {accepted.task_id}")
        raise SystemExit(INTERRUPTED) from None
    from modelbourse.cli.backtest_files import points_of, write_report  # noqa: PLC0415  # a command starts the sooner
    from modelbourse.cli.backtest_shown import print_backtest  # noqa: PLC0415  # as above

    if report is not None:
        write_report(client, done, report)
    return print_json(done) if json_ else print_backtest(done, points=points_of(client, done))


def _costs(slippage: float | None) -> dict[str, Any]:
    return {} if slippage is None else {"slippage": {"model": "fixed", "rate": slippage}}


def _rules(given: Sequence[str] | None) -> dict[str, str] | None:
    if not given:
        return None
    rules = {name.strip(): rule.strip() for name, equals, rule in (each.partition("=") for each in given) if equals}
    if len(rules) < len(given):
        message = '--rules needs a name and a condition: --rules "enter_long=rsi_14 < 30 and close > sma_50", each name once'
        raise CommandError(message, status=2)
    return rules


def _walk(days: str | None, *, anchored: bool, metric: str | None) -> dict[str, Any]:
    if days is None:
        if anchored or metric:
            message = "--anchored and --metric are of a walk forward: add --walk-forward IN:OUT, such as 500:125 days"
            raise CommandError(message, status=2)
        return {}
    tuned, colon, scored = days.partition(":")
    if not (colon and tuned.isascii() and tuned.isdigit() and scored.isascii() and scored.isdigit()):
        message = f"--walk-forward {days!r} is no pair of days: write 500:125 to tune on 500 days and score on the 125 after"
        raise CommandError(message, status=2)
    walk = {"mode": "anchored" if anchored else "rolling", "in_sample_days": int(tuned), "out_of_sample_days": int(scored)}
    return {"walk_forward": walk | ({"metric": metric} if metric else {})}
