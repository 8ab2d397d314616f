"""The HTTP server: uvicorn on a port that the gateways of a machine share, with our bounds on connections and sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI

from libs.chassis.logs import log
from services.gateway.inbound.http.connections import Connections, protocol
from services.gateway.inbound.live.protocol import SAID_MOST, socket_protocol
from services.gateway.settings import Settings


@asynccontextmanager
async def serving(app: FastAPI, settings: Settings) -> AsyncIterator[str]:
    """Run the HTTP server on a port that other gateways of this machine share; return its address."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((settings.host, settings.port))
    bounds = Connections(
        most_by_address=settings.connections_per_address,
        most_head_bytes=settings.max_header_bytes,
        headers_within_s=settings.header_timeout,
        body_stands_still_s=settings.body_timeout,
        reader_stands_still_s=settings.answer_timeout,
        idle_s=settings.idle_timeout,
        trusted=settings.trusted_proxies,
    )
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        lifespan="off",
        ws=socket_protocol(bounds),
        ws_max_size=SAID_MOST,
        ws_per_message_deflate=False,  # Messages are small, and a compressor for each socket is not.
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=int(settings.stop_within_s),
        server_header=False,
        timeout_keep_alive=int(settings.idle_timeout),
        http=protocol(bounds),
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not (server.started or task.done()):  # noqa: ASYNC110  # uvicorn tells it by a flag alone
        await asyncio.sleep(0.01)
    address = f"http://{settings.host}:{listener.getsockname()[1]}"
    log().info("listening", address=address)
    try:
        yield address
    finally:
        server.should_exit = True
        await task


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the chassis has them."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield
