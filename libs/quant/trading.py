"""How well a strategy did: ratios of its equity curve and statistics of its trades."""

import numpy as np

from libs.quant.candles import Floats
from libs.quant.measured import Measured, Measuring, nothing

EQUITY = ("sharpe_ratio", "sortino_ratio", "volatility", "max_drawdown", "total_return", "cagr", "calmar_ratio")

_TOO_FEW = "there are fewer than two bars"


def sharpe_ratio(returns: Floats, *, bars_per_year: float) -> float | None:
    """Return mean / sample deviation of simple returns, times √(bars a year) (Sharpe 1994, without a riskless rate).

    None when the returns do not vary.
    """
    if len(returns) < 2 or (returns == returns[0]).all():  # noqa: PLR2004 - one return has no deviation
        return None
    return float(returns.mean() / returns.std(ddof=1) * np.sqrt(bars_per_year))


def max_drawdown(equity: Floats) -> float:
    """Return the largest fall from a peak, as a positive fraction of the peak; the start (1.0) counts as a peak."""
    return float(drawdowns(equity).max(initial=0.0))


def drawdowns(equity: Floats) -> Floats:
    """Return at each bar how far equity is below its peak so far, as a positive fraction of the peak; the start (1.0) counts as a peak."""
    peaks = np.maximum.accumulate(np.concatenate([[1.0], equity]))[1:]
    return np.asarray(1.0 - equity / peaks)


def equity_metrics(equity: Floats, *, bars_per_year: float) -> Measured:
    """Measure an equity curve that started at 1.0 before its first bar.

    Sharpe: see `sharpe_ratio`. Sortino: mean return / root of mean(min(return, 0)²), annualised (Sortino and Price 1994, target 0).
    Volatility: sample deviation of returns, annualised. CAGR: equity_end ** (bars a year / bars) - 1. Calmar: CAGR / max drawdown (Young
    1991).
    """
    if len(equity) < 2:  # noqa: PLR2004 - as above
        return nothing(EQUITY, reason=_TOO_FEW)
    out = Measuring()
    returns = returns_of(equity)
    sharpe = sharpe_ratio(returns, bars_per_year=bars_per_year)
    if sharpe is None:
        out.lacking("sharpe_ratio", reason="the returns do not vary")
    else:
        out.set("sharpe_ratio", sharpe)
    downside = float(np.sqrt((np.minimum(returns, 0.0) ** 2).mean()))
    out.divide("sortino_ratio", float(returns.mean() * np.sqrt(bars_per_year)), downside, reason="no bar lost")
    out.set("volatility", float(returns.std(ddof=1) * np.sqrt(bars_per_year)))
    drawdown = max_drawdown(equity)
    out.set("max_drawdown", drawdown)
    out.set("total_return", float(equity[-1] - 1.0))
    cagr = _growth(float(equity[-1]), years=len(equity) / bars_per_year)
    if cagr is None:
        reason = "the yearly growth is beyond all numbers: the time is too short"
        out.lacking("cagr", reason=reason)
        out.lacking("calmar_ratio", reason=reason)
    else:
        out.set("cagr", cagr)
        out.divide("calmar_ratio", cagr, drawdown, reason="equity never fell")
    return out.done()


def _growth(end: float, *, years: float) -> float | None:
    with np.errstate(over="ignore"):
        grown = float(np.float64(max(end, 0.0)) ** (1.0 / years))
    return grown - 1.0 if np.isfinite(grown) else None


def returns_of(equity: Floats) -> Floats:
    """Return the simple returns of the bars; the first one is from 1.0. After ruin (equity 0) they are 0."""
    before = np.concatenate([[1.0], equity[:-1]])
    growth: Floats = np.divide(equity, before, out=np.ones(len(equity)), where=before > 0)
    return growth - 1.0


def trade_metrics(net_returns: Floats) -> Measured:
    """Measure trades by their net returns (after commission and slippage).

    A trade wins when its net return is above zero; one of exactly zero earned nothing and counts as losing, so that winning + losing =
    total. win_rate = winning / total; avg_win, avg_loss: means (avg_loss is not above zero); profit_factor = Σ winning / |Σ losing|.
    """
    out = Measuring()
    wins, losses = net_returns[net_returns > 0], net_returns[net_returns <= 0]
    out.set("total_trades", len(net_returns))
    out.set("winning_trades", len(wins))
    out.set("losing_trades", len(losses))
    no_trades = "there were no trades"
    out.divide("win_rate", len(wins), len(net_returns), reason=no_trades)
    out.divide("avg_win", float(wins.sum()), len(wins), reason="no trade won" if len(net_returns) else no_trades)
    out.divide("avg_loss", float(losses.sum()), len(losses), reason="no trade lost" if len(net_returns) else no_trades)
    reason = "no trade lost, so gains cannot be divided by losses" if len(net_returns) else no_trades
    out.divide("profit_factor", float(wins.sum()), abs(float(losses.sum())), reason=reason)
    out.divide("avg_trade", float(net_returns.sum()), len(net_returns), reason=no_trades)
    for name, pick in (("best_trade", np.max), ("worst_trade", np.min)):
        if len(net_returns):
            out.set(name, float(pick(net_returns)))
        else:
            out.lacking(name, reason=no_trades)
    return out.done()
