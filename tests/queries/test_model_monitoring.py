"""Snapshots, watches and labels of models: each list, turn and look is an index look-up."""

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product

from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from libs.contracts.model_monitoring import SnapshotResult
from services.gateway.domain.monitoring.alerts import ModelAlert, OpenAlert
from services.gateway.domain.monitoring.labels import Label
from services.gateway.domain.monitoring.snapshot import Snapshot, SnapshotFilter, SnapshotSource
from services.gateway.domain.monitoring.watch import Watch
from services.gateway.outbound.monitoring.labels_mongo import LabelsMongo
from services.gateway.outbound.monitoring.snapshots_mongo import SnapshotsMongo
from services.gateway.outbound.monitoring.watches_mongo import WatchesMongo
from tests.queries.profiled import earlier, multiply, numbered, one_of, profiled, walked

YEAR = timedelta(days=365)
ALERT = ModelAlert(
    id="alert_1",
    cause="drift",
    subject="price",
    message="price has moved.",
    value=0.41,
    threshold=0.25,
    harm=0.1,
    version="1.0",
    snapshot_id="snap",
    raised_at=datetime(2026, 1, 15, tzinfo=UTC),
    seen_at=datetime(2026, 1, 15, tzinfo=UTC),
)


async def test_snapshots_the_newest_first_by_model_source_and_moment(database: Database, many: int) -> None:
    snapshots, documents, at = SnapshotsMongo(database["snapshots"], life=YEAR), database["snapshots"], now()
    await snapshots.prepare()
    await snapshots.add(
        Snapshot(
            id="snap", account_id="account", model_id="model_1", version="1.0", source=SnapshotSource.COMPUTED, captured_at=at, job_id="job",
            result=SnapshotResult(enough=True),
        )
    )  # fmt: skip
    axes = {"captured_at": earlier("captured_at"), "source": one_of(SnapshotSource), "job_id": numbered("job")}
    await multiply(documents, "snap", by=many // 10, **axes)
    await multiply(documents, "snap_1", by=many, account_id=numbered("a"), model_id=numbered("m"), **axes)

    async with profiled(database) as took:
        for source, since in product((None, SnapshotSource.REPORTED), (None, at - timedelta(days=3650))):
            wanted = SnapshotFilter("account", "model_1", source=source, since=since)
            assert await walked(partial(snapshots.find, wanted)) > 0
        await snapshots.of_job("job", account_id="account")
        await snapshots.get("snap", model_id="model_1", account_id="account")
        await snapshots.make_way("model_1", account_id="account", most=10)
        await snapshots.forget_model("model_none")
        await snapshots.forget("nobody")

    assert took.problems() == []


async def test_the_watch_that_is_due_first_and_labels_of_a_model(database: Database, many: int) -> None:
    watches, labels, at = (
        WatchesMongo(database["watches"], on_write=lambda: None),
        LabelsMongo(database["labels"], life=YEAR, most=40),
        now(),
    )
    await watches.prepare()
    await labels.prepare()
    await watches.save(Watch("model_1", "account", next_at=at - timedelta(days=1), open=(ALERT,)))
    await multiply(database["watches"], "model_1", by=many, account_id=numbered("a"), next_at=None)
    await multiply(database["watches"], "model_1", by=many // 10, next_at=None, open=[])
    await labels.put([Label(value=1.0, prediction_id="a")], model_id="model_1", account_id="account", at=at)
    (first,) = await database["labels"].distinct("_id")
    ages = {"given_at": earlier("given_at")}
    await multiply(database["labels"], first, by=60, **ages)
    await multiply(database["labels"], f"{first}_1", by=many, model_id=numbered("m"), account_id=numbered("a"), **ages)

    async with profiled(database) as took:
        due = await watches.take(holder="me", at=at, until=at + timedelta(minutes=2))
        assert due is not None
        assert await watches.take(holder="other", at=at, until=at) is None
        await watches.end(due.model_id, holder="me")
        await watches.get("model_1", account_id="account")
        assert await watches.open_alerts("account") == [OpenAlert("model_1", ALERT)]
        await watches.forget("nobody")
        kept = await labels.put([Label(value=2.0, prediction_id="b")], model_id="model_1", account_id="account", at=at)
        assert (kept.added, kept.total, len(await labels.newest("model_1"))) == (1, 40, 40)
        await labels.forget_model("model_none")
        await labels.forget("nobody")

    assert took.problems(counted=100) == []
