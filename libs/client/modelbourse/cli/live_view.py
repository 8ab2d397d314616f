"""The live view: a screen of signals, jobs, alerts and health, drawn anew whenever something comes."""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from modelbourse.answers.trading_ai.live import Deployed, SignalData, SignalReceived
from modelbourse.answers.trading_ai.monitoring import Alert, SystemHealth
from modelbourse.answers.trading_ai.tasks import Task
from modelbourse.cli.alerts import MARKS as LEVELS
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import clean
from modelbourse.cli.sparkline import bar
from modelbourse.cli.tasks import MARKS as STATUSES
from modelbourse.cli.tasks import kind_of
from modelbourse.errors import PASSING, ModelbourseError

# Three requests each time, of the 60 a minute that there are.
LOOK_EVERY_S: Final = 6.0
DRAW_EVERY_S: Final = 0.25
ROWS: Final = 8
WAYS: Final = {"long": "green", "short": "red", "neutral": "yellow"}


@dataclass(slots=True)
class Seen:
    """What is shown."""

    signals: deque[SignalData] = field(default_factory=lambda: deque(maxlen=ROWS))
    tasks: Sequence[Task] = ()
    alerts: Sequence[Alert] = ()
    health: SystemHealth | None = None
    news: str = "waiting for signals"

    def take(self, what: Any) -> None:
        """Take up what has come. Raise what went wrong."""
        match what:
            case SignalReceived():
                self.signals.appendleft(what.data)
                self.news = f"{what.timestamp:%H:%M:%S} a signal of {what.data.symbol}"
            case Deployed():
                self.news = f"{what.timestamp:%H:%M:%S} {what.data.name} was deployed for {what.data.symbol}"
            case SystemHealth():
                self.health = what
            case ("tasks", tasks):
                self.tasks = tasks
            case ("alerts", alerts):
                self.alerts = alerts
            case str():
                self.news = what
            case Exception():
                raise what


def show_live(console: Console, look: Callable[[object], None], *, types: Sequence[str] | None, symbols: Sequence[str] | None) -> None:
    """Show it until Ctrl-C. Raise what ends the socket."""
    come: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for listen in (_listen, _look_around):
        threading.Thread(target=listen, args=(come, types, symbols), daemon=True).start()
    seen = Seen()
    with Live(drawn(seen), console=console, screen=True, auto_refresh=False, redirect_stdout=False) as live:
        while True:
            with suppress(queue.Empty):
                seen.take(come.get(timeout=DRAW_EVERY_S))
                while True:
                    seen.take(come.get_nowait())
            look(None)
            live.update(drawn(seen), refresh=True)


def drawn(seen: Seen) -> Group:
    """Return the screen."""
    health = seen.health
    head = Text("the platform is ")
    head.append("not known yet" if health is None else health.status, style=LEVELS.get(health.status, "") if health else "")
    head.append(f"  {time.strftime('%H:%M:%S')}  {clean(seen.news)}  (Ctrl-C ends this)")
    return Group(
        head, *(_panel(title, table) for title, table in (("Signals", _signals(seen)), ("Jobs", _tasks(seen)), ("Alerts", _alerts(seen))))
    )


def _signals(seen: Seen) -> Table:
    table = _table("at", "symbol", "signal", "confidence", "price", "why")
    for each in seen.signals:
        at = time.strftime("%H:%M:%S", time.gmtime(each.timestamp / 1000))
        cells = (f"{each.symbol} {each.timeframe}", Text(each.signal, style=WAYS.get(each.signal, "")), f"{each.confidence:.0%}")
        table.add_row(at, *cells, f"{each.price:.6g}", clean(each.reasoning))
    return table


def _tasks(seen: Seen) -> Table:
    table = _table("task", "what", "status", "progress", "doing")
    for each in seen.tasks:
        how = Text(each.status, style=STATUSES.get(each.status, ""))
        table.add_row(
            each.task_id, kind_of(each), how, f"{bar(each.progress / 100, width=10)} {each.progress} %", each.current_operation or ""
        )
    return table


def _alerts(seen: Seen) -> Table:
    table = _table("severity", "status", "since", "what")
    for each in seen.alerts:
        severity, status = (Text(word, style=LEVELS.get(word, "")) for word in (each.severity, each.status))
        table.add_row(severity, status, f"{each.created_at:%m-%d %H:%M}", clean(each.description))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False)
    for name in columns:
        # What is told in words has the room that is left.
        table.add_column(name, no_wrap=True, overflow="ellipsis", ratio=1 if name == columns[-1] else None)
    return table


def _panel(title: str, table: Table) -> Panel:
    return Panel(table if table.row_count else Text("none yet", style="dim"), title=title, title_align="left")


def _listen(come: "queue.SimpleQueue[Any]", types: Sequence[str] | None, symbols: Sequence[str] | None) -> None:
    """Hand on what is broadcast, and why it ends."""
    try:
        for told in open_client().live(types=types, symbols=symbols):  # type: ignore[arg-type]  # the gateway knows the words
            come.put(told)
    except Exception as error:  # noqa: BLE001  # whatever it is, the screen's thread raises it
        come.put(error)


def _look_around(come: "queue.SimpleQueue[Any]", *_: Any) -> None:
    """Hand on how the platform, tasks and alerts stand, again and again; what passes is said, and does not end it."""
    try:
        client = open_client()
        while True:
            try:
                come.put(client.health())
                come.put(("tasks", client.tasks.list(limit=ROWS).tasks))
                come.put(("alerts", [each for each in client.alerts.list(limit=50).alerts if each.status != "RESOLVED"][:ROWS]))
            except PASSING as error:
                come.put(f"{error}; it is tried again")
            time.sleep(LOOK_EVERY_S)
    except ModelbourseError as error:
        come.put(error)
