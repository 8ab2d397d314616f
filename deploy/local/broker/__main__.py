"""An embedded Kafka broker for one machine: python -m deploy.local.broker --port 9092 [--data FOLDER].

It speaks Kafka's protocol to any client (docs/decisions/0013-an-embedded-broker-of-our-own.md). With a folder, its records survive it.
"""

import argparse
import asyncio
import signal
import sys
import traceback
from pathlib import Path
from typing import Final

import uvloop

from deploy.local.broker.broker import Broker
from deploy.local.broker.server import Connection

TIDY_EVERY_S: Final = 60.0


async def serve(*, port: int, folder: Path | None) -> None:
    """Serve until SIGTERM or SIGINT."""
    broker, stopping = Broker(port=port, folder=folder), asyncio.Event()
    broker.restore()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    connections: set[Connection] = set()
    server = await loop.create_server(lambda: Connection(broker, connections), "127.0.0.1", port, backlog=512)
    tidying = loop.create_task(_tidy(broker))
    await stopping.wait()
    tidying.cancel()
    server.close()
    for connection in tuple(connections):
        connection.close()
    broker.groups.end()
    broker.journal.close()


async def _tidy(broker: Broker) -> None:
    while True:
        await asyncio.sleep(TIDY_EVERY_S)
        try:
            broker.tidy()
        except Exception:  # noqa: BLE001  # what is old is dropped at the next turn; the broker serves on
            sys.stderr.write(f"the broker could not be tidied:\n{traceback.format_exc()}")


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(description="An embedded Kafka broker for one machine.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, help="folder of the journal; without one nothing survives the broker")
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(port=given.port, folder=given.data))


if __name__ == "__main__":
    main()
