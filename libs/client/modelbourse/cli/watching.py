"""`modelbourse watch`: signals, jobs, alerts, events and health as they come; a view that lives in a terminal, lines elsewhere."""

from typing import Annotated

import typer

from modelbourse.answers.trading_ai.live import AccountEvent, AlertTold, Deployed, SignalReceived, TrainingProgressed
from modelbourse.cli.interrupting import heeding_ctrl_c
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, out, print_line, say
from modelbourse.command import INTERRUPTED
from modelbourse.trading_ai.live import Broadcast


def watch(
    *,
    symbol: Annotated[list[str] | None, typer.Option(help="Only signals and deployments of this symbol; several can be named.")] = None,
    type_: Annotated[
        list[str] | None, typer.Option("--type", help="Only AISignalReceived, ModelDeployed, TrainingProgress, Alert or event.")
    ] = None,
    events: Annotated[bool, typer.Option("--events", help="Your account's events, as webhooks are told them: `--type event`.")] = False,
    event: Annotated[
        list[str] | None, typer.Option(help="Only events of this name, such as training_job.completed; several can be named.")
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Watch signals, jobs, alerts and the platform's health live, until Ctrl-C; in a pipe a line each, with --json a line of JSON.

    modelbourse watch --symbol BTCUSDT --type AISignalReceived --json | jq .data.signal
    modelbourse watch --events --json | jq .data
    """
    console, types = out(), [*(type_ or ()), "event"] if events else type_
    try:
        with heeding_ctrl_c() as look:
            if console.is_terminal and not (json_ or events or event):
                from modelbourse.cli.live_view import show_live  # noqa: PLC0415  # what draws takes a while to import

                show_live(console, look, types=types, symbols=symbol)
            else:
                for told in open_client().live(types=types, symbols=symbol, events=event, progress=True):  # type: ignore[arg-type]  # the gateway knows the words
                    look(told)
                    print_line(told) if json_ else say(shown_broadcast(told))
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None


def shown_broadcast(told: Broadcast) -> str:
    """Say what was told, in one line."""
    at = f"{told.occurred_at if isinstance(told, AccountEvent) else told.timestamp:%H:%M:%S}"
    match told:
        case SignalReceived(data=data):
            return f"{at} signal   {data.symbol} {data.timeframe} {data.signal} {data.confidence:.0%} at {data.price:.6g}: {data.reasoning}"
        case Deployed(data=data):
            return f"{at} deployed {data.name} {data.version} for {data.symbol} {data.timeframe}"
        case TrainingProgressed(data=data):
            why = data.error or data.current_operation
            return f"{at} training {data.name} {data.status} {data.progress} %: {why}"
        case AlertTold(data=data):
            return f"{at} alert    {data.status} {data.severity or ''} {data.subject}: {data.message}"
        case AccountEvent(data=data):
            facts = ", ".join(f"{name} {value}" for name, value in data.as_json().items() if isinstance(value, str | int | float))
            return f"{at} event    {told.event}: {facts}"
