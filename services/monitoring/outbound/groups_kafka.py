"""How far consumer groups are behind and who is in them, as the broker says, in metrics: what health and alerts go by."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry, Gauge

from libs.chassis.bus.group_probe import GroupProbe, GroupState
from libs.chassis.liveness.measures import Measure, Values
from libs.chassis.settings import SharedSettings


def groups_measure(look: Callable[[], Awaitable[Mapping[str, GroupState]]], *, registry: CollectorRegistry) -> Measure:
    """Return the measure of all groups. While the broker does not say, the metrics are absent."""
    lag = Gauge(
        "modelbourse_group_lag",
        "Records that a consumer group has not done with, as the broker says and names it. Of the platform, so take max over instances.",
        ["group"],
        registry=registry,
    )
    members = Gauge(
        "modelbourse_group_members",
        "Consumers that are in a consumer group, as the broker says and names it. Of the platform, so take max over instances.",
        ["group"],
        registry=registry,
    )

    async def read() -> Sequence[Values]:
        found = await look()
        lags: Values = {(group,): float(state.lag) for group, state in found.items()}
        counts: Values = {(group,): float(state.members) for group, state in found.items()}
        return [lags, counts]

    return Measure("measuring consumer groups", [lag, members], read)


@asynccontextmanager
async def probing(settings: SharedSettings) -> AsyncIterator[GroupProbe]:
    """Look at the groups of the contracts; it connects at the first look."""
    probe = GroupProbe(settings)
    try:
        yield probe
    finally:
        await probe.aclose()
