"""Trading AI by the command and the client: analyse, backtest, sweep, tasks, alerts, and what is watched live."""

import asyncio
import json
import signal
from functools import partial
from pathlib import Path

import pytest

from modelbourse import InvalidRequestError, Modelbourse, NotFoundError, PermissionDeniedError
from modelbourse.answers.trading_ai.live import SignalReceived
from modelbourse.async_modelbourse import AsyncModelbourse
from modelbourse.command import INTERRUPTED
from tests.client.command import CTRL_C, Command
from tests.client.people import Person
from tests.waiting import until

pytestmark = pytest.mark.journey
HOUR_MS = 3_600_000
DAYS = ("--from", "2010-01-04", "--to", "2012-12-31")
POINTS = 6


@pytest.fixture(scope="module")
def candles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty hours of a market that rises."""
    rows = [
        f"{1_697_230_800_000 + number * HOUR_MS},{100 + number},{102 + number},{99 + number},{101 + number},500" for number in range(60)
    ]
    file = tmp_path_factory.mktemp("candles") / "btc.csv"
    file.write_text("timestamp,open,high,low,close,volume\n" + "\n".join(rows) + "\n")
    return file


@pytest.fixture(scope="module")
def swept(ada_types: Command) -> str:
    """A sweep of Ada's that has ended, as it was shown."""
    done = ada_types("sweep", "rsi", "AAPL", *DAYS, "--param", "period=7:21:7", "--param", "oversold=25,30")
    assert done.status == 0, done.err
    assert "completed" in done.err
    return done.out


def test_candles_of_a_file_become_a_signal_with_scores_levels_and_risk(ada_types: Command, ada_client: Modelbourse, candles: Path) -> None:
    shown = ada_types("analyze", "BTCUSDT", "--candles", str(candles))
    told = ada_types("analyze", "BTCUSDT", "--candles", str(candles), "--json").json

    assert shown.status == 0, shown.err
    assert f"BTCUSDT 1h: {told['signal']}, confidence {told['confidence']:.0%} (at 160)" in shown.out
    assert all(f"{name}  " in shown.out for name in told["strategy_scores"])
    assert {"trend", "market", "risk", "analyst"} <= {line.split()[0] for line in shown.out.splitlines() if line.strip()}
    kept = ada_client.signals.feedback(told["signal_id"], "BTCUSDT", predicted=told["signal"], outcome="PROFIT")
    assert (kept.known, ada_client.signals.performance().feedback_count) == (True, 1)


def test_without_a_file_the_platforms_own_candles_say_where_it_is_heading(ada_types: Command) -> None:
    done = ada_types("analyze", "BTCUSDT")

    assert done.status == 0, done.err
    assert "--candles FILE" in done.err
    assert done.out.startswith("BTCUSDT: ")
    assert "STALE" in done.out


def test_a_sweep_shows_its_surface_a_verdict_and_the_best_beside_holding(swept: str) -> None:
    assert f"{POINTS} points; the best by sharpe_ratio: " in swept
    assert swept.count("◆") == 1
    assert "the best stands on a plateau" in swept or "the best is a spike" in swept
    assert "(PBO, " in swept
    assert "buy and hold" in swept
    assert f"after {POINTS} trials" in swept
    assert "▁" in swept


def test_what_a_task_came_to_is_shown_again_with_its_report(ada_types: Command, swept: str, tmp_path: Path) -> None:
    backtest_id = swept.rsplit("modelbourse tasks show ", 1)[1].split(";", maxsplit=1)[0]

    again = ada_types("tasks", "show", backtest_id, "--report", str(tmp_path / "report"))

    assert (again.status, again.out) == (0, swept), again.err
    written = {file.name for file in (tmp_path / "report").iterdir()}
    assert written >= {"report.html", "equity.png", "equity.svg", "trades.png", "monthly-returns.svg", "drawdown.png"}
    assert (tmp_path / "report" / "equity.png").read_bytes().startswith(b"\x89PNG")
    assert "1 task" in ada_types("tasks", "list", "--kind", "backtest").out
    assert ada_types("tasks", "stats", "--json").json["successful"] >= 1
    refused = ada_types("tasks", "cancel", backtest_id)
    assert (refused.status, "Cannot cancel completed task" in refused.err) == (1, True)


@pytest.mark.parametrize(
    ("line", "status", "problem"),
    [
        (("backtest", "rsi", "AAPL", *DAYS, "--param", "perod=7"), 1, "Did you mean 'period'?"),
        (("backtest", "rules", "AAPL", *DAYS, "--rules", "rsi_14 < 30 and close > sma_50"), 2, "needs a name and a condition"),
        (("backtest", "rsi", "AAPL", *DAYS, "--anchored"), 2, "add --walk-forward IN:OUT"),
        (("sweep", "rsi", "AAPL", *DAYS, "--param", "period=7"), 2, "add --param period=7:28:7"),
        (("tasks", "show", "job_nothing"), 1, "`modelbourse tasks list` shows yours"),
        (("alerts", "ack", "alert_nothing"), 1, "use a credential that may"),
    ],
)
def test_what_cannot_be_done_says_what_to_do_next(ada_types: Command, line: tuple[str, ...], status: int, problem: str) -> None:
    done = ada_types(*line)

    assert (done.status, done.out) == (status, "")
    assert problem in done.err


def test_the_client_has_the_errors_of_this_face_as_any_others(ada_client: Modelbourse) -> None:
    with pytest.raises(NotFoundError, match="Backtest not found: backtest_none"):
        ada_client.backtests.get("backtest_none")
    with pytest.raises(PermissionDeniedError):
        ada_client.trainings.deploy("training_none")
    with pytest.raises(InvalidRequestError, match="candles"):
        ada_client.signals.analyze("BTCUSDT", {"1h": []}, current_price=1.0)


def test_how_the_platform_is_needs_no_login(command: Command) -> None:
    told = command("health", "--json").json

    assert told["status"] in {"healthy", "degraded"}
    assert Modelbourse(command.url, "a-token-that-is-none").health().services.kafka.connected


async def test_signals_are_watched_in_lines_of_json_until_ctrl_c_and_by_who_awaits(ada_types: Command, ada: Person, candles: Path) -> None:
    process = ada_types.start("watch", "--symbol", "SOLUSDT", "--type", "AISignalReceived", "--json")
    assert process.stdout is not None
    heard: list[SignalReceived] = []

    async def listen(client: AsyncModelbourse) -> None:
        async for told in client.live(types=["AISignalReceived"], symbols="SOLUSDT"):
            assert isinstance(told, SignalReceived)
            heard.append(told)

    async with await AsyncModelbourse.login(ada.username, ada.password, url=ada.url) as client:
        listening = asyncio.create_task(listen(client))
        line = asyncio.create_task(asyncio.to_thread(process.stdout.readline))

        async def told_both() -> bool:
            # Whoever listens is told of what comes, not of what was: it is said until both listen.
            price = str(160 + len(prices) / 100)
            prices.append(price)
            await asyncio.to_thread(ada_types, "analyze", "SOLUSDT", "--candles", str(candles), "--price", price)
            return bool(heard) and line.done()

        prices: list[str] = []
        await until(told_both, what="a signal for both")
        listening.cancel()
    process.send_signal(signal.SIGINT)
    process.communicate()

    assert json.loads(await line)["data"]["symbol"] == heard[0].data.symbol == "SOLUSDT"
    assert process.returncode == INTERRUPTED


async def test_events_of_the_account_are_watched_in_lines_of_json(ada_types: Command) -> None:
    process = ada_types.start("watch", "--event", "job.completed", "--json")
    assert process.stdout is not None
    # Another job of hers may end meanwhile.
    played = partial(next, (line for line in process.stdout if json.loads(line)["data"]["kind"] == "backtest"), "")
    line = asyncio.create_task(asyncio.to_thread(played))

    async def told() -> bool:
        await asyncio.to_thread(ada_types, "backtest", "rsi", "AAPL", *DAYS)
        return line.done()

    await until(told, what="an event")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()

    assert process.returncode == INTERRUPTED, said
    event = json.loads(await line)
    assert (event["type"], event["event"], event["data"]["kind"]) == ("event", "job.completed", "backtest")


def test_in_a_terminal_watch_is_a_screen_of_signals_jobs_alerts_and_health(ada_types: Command, swept: str) -> None:
    with ada_types.in_terminal("watch") as terminal:
        for word in ("Signals", "Jobs", "Alerts", "healthy", "SUCCESS"):
            terminal.until(word)
        terminal.press(CTRL_C)
        assert terminal.end() == INTERRUPTED

    assert swept
    assert "Traceback" not in terminal.seen
