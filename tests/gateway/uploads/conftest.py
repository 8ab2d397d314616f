"""Gateways that take parcels, one with a store that is as slow as a story wants."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest_asyncio
from prometheus_client import CollectorRegistry

from services.gateway.app import build
from tests.gateway.conftest import OpenDesk
from tests.gateway.uploads.counters import Counter, counter_of
from tests.gateway.uploads.parcels import SERVED, HeldArtifacts


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def counter(open_desk: OpenDesk) -> AsyncIterator[Counter]:
    desk = await open_desk(besides=[SERVED], port=0, max_body_bytes=100_000)
    async for each in counter_of(desk):
        yield each


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hurried(counter: Counter) -> AsyncIterator[Counter]:
    """The same gateway, where no body may stand still for long."""
    settings = counter.desk.settings.model_copy(update={"body_timeout": 2.0})
    async for each in counter_of(replace(counter.desk, settings=settings)):
        yield each


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def held(open_desk: OpenDesk) -> AsyncIterator[tuple[Counter, HeldArtifacts]]:
    """A gateway whose store is as slow as a story wants."""
    desk = await open_desk(besides=[SERVED], port=0)
    store = HeldArtifacts(desk.settings.artifacts_url)
    chassis = replace(desk.chassis, artifacts=store, registry=CollectorRegistry())
    async for each in counter_of(replace(desk, chassis=chassis, gateway=build(desk.settings, chassis, besides=[SERVED]))):
        yield each, store
