"""A record on live symbols is measured on the newest of their candles, as refreshes tell of them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson

from libs.chassis.bus.memory import MemoryBus
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.datasets import Finding, FindingCode
from libs.contracts.envelope import now
from libs.contracts.jobs import JobCompleted
from libs.contracts.live import PLATFORM, RefreshResult, RefreshSpec
from libs.contracts.own_candles import OwnCandles
from libs.contracts.training import Artifact
from libs.quant.costs import USUAL, Costs
from services.inference.outbound.histories_market import HistoriesMarket
from services.inference.outbound.live_candles_mongo import LiveCandlesMongo
from services.inference.outbound.recipes_artifacts import RecipesArtifacts
from tests.inference.conftest import Story
from tests.market.own import Rows, put
from tests.waiting import until

SERIES = "live_ACME_1h"
BROKEN = Finding(code=FindingCode.HIGH_BELOW_LOW, severity="error", count=1, first="line 3", message="High is below low in line 3.")


def refreshed(own: OwnCandles, *, version: int, refused: bool = False, **said: Any) -> JobCompleted:
    """Return the event that tells of a refresh."""
    spec = RefreshSpec(
        dataset_id=SERIES,
        version=version,
        name="ACME 1h",
        source="ccxt:binance",
        market="ACME/USDT",
        symbol="ACME",
        timeframe="1h",
        since=datetime(2024, 1, 1, tzinfo=UTC),
        revise_bars=10,
        bars_most=1000,
        rows_most=1000,
    )
    result = RefreshResult(
        status="refused" if refused else "ready",
        artifact=None if refused else Artifact(uri=f"s3://artifacts/{own.sha256}", sha256=own.sha256, size=1),
        rows=600,
        added=600,
        columns=(),
        start=datetime.combine(own.start, datetime.min.time(), UTC),
        end=datetime.combine(own.end, datetime.min.time(), UTC),
        calendar="24/7",
        timeframe="1h",
        preview=(),
        findings=(BROKEN,) if refused else (),
        came=600,
        missing=0,
        caught_up=True,
    )
    about: Mapping[str, Any] = {
        "sequence": 3,
        "job_id": "job_1",  # One key, so they are heard in the order they were told in.
        "kind": "refresh",
        "account_id": PLATFORM,
        "started_at": now(),
        "ended_at": now(),
        "compute_hours": Decimal("0.001"),
        "logs": (),
        "spec": spec.model_dump(mode="json"),
        "result": result.model_dump(mode="json"),
    }
    return JobCompleted(**{**about, **said})


async def test_the_newest_version_of_a_live_series_is_what_a_record_is_measured_on(story: Story) -> None:
    live, artifacts = LiveCandlesMongo(story.database["live_candles"]), Artifacts(story.store.url)
    old, new = (put(artifacts, Rows(bars=bars), dataset_id=SERIES, version=version) for version, bars in ((1, 480), (2, 600)))
    config = {"symbols": ["ACME"], "commission": 0.002, "slippage": 0.0}
    manifest = {"training_config": config, "timeframe": "4h", "features": ["rsi_14"], "synthetic": False, "live": ["ACME"]}
    recipe = await RecipesArtifacts(artifacts).get(artifacts.put(orjson.dumps(manifest)).sha256)
    training = MemoryBus(story.broker, service="training", instance="training-1")

    async with story.service():
        await training.publish(refreshed(new, version=2))
        await training.publish(refreshed(old, version=1))  # It comes late.
        await training.publish(refreshed(old, version=3, refused=True))
        await training.publish(refreshed(old, version=4, kind="validate", spec={}))
        last = refreshed(old, version=1).spec | {"dataset_id": "live_LAST_1h", "symbol": "LAST"}
        await training.publish(refreshed(old, version=1, spec=last))

        async def heard() -> bool:
            return bool(await live.of(["LAST"]))

        await until(heard, what="the last of the refreshes")
        known = await live.of(["ACME"])
        (history,) = await HistoriesMarket(None, artifacts, live).load(recipe)

    assert [(each.dataset_id, each.version, each.sha256) for each in known] == [(SERIES, 2, new.sha256)]
    assert len(history.candles) == 150
    # Nobody knows the symbol but its candles, which say that they never close: it costs what coins do, and what was given where that is more.
    usual = USUAL["crypto"]
    assert recipe.costs_on(history.candles) == Costs(0.002, usual.slippage, usual.borrow_rate)
    assert history.features.shape == (150, 1)
    assert history.candles.source.startswith("live_ACME_1h, version 2")
