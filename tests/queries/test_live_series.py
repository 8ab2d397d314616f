"""Live series as gateways and inference keep them: whose turn it is, which candles are the newest, and which versions are old."""

from datetime import date, timedelta

from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from libs.contracts.own_candles import OwnCandles
from services.gateway.outbound.datasets.dataset_users_mongo import DatasetUsersMongo
from services.gateway.outbound.datasets.datasets_mongo import DatasetsMongo
from services.gateway.outbound.datasets.series_turns_mongo import SeriesTurnsMongo
from services.inference.outbound.live_candles_mongo import LiveCandlesMongo
from tests.queries.profiled import multiply, numbered, profiled

LIVE = OwnCandles(
    symbol="BTC-USDT",
    timeframe="1h",
    dataset_id="live_BTC-USDT_1h",
    version=7,
    sha256="ab" * 32,
    calendar="24/7",
    start=date(2026, 1, 5),
    end=date(2026, 1, 6),
)


async def test_whose_turn_it_is(database: Database, many: int) -> None:
    turns, at = SeriesTurnsMongo(database["live_series"]), now()
    await turns.prepare([LIVE.dataset_id, "later"], at=at)
    await multiply(database["live_series"], "later", by=many, due_at=at + timedelta(hours=1))

    async with profiled(database) as took:
        taken = await turns.take([LIVE.dataset_id, "later_1"], at=at, until=at + timedelta(minutes=1))
        assert set(await turns.due([LIVE.dataset_id, "later_1"])) == {LIVE.dataset_id, "later_1"}

    assert taken is not None
    assert took.problems() == []


async def test_the_newest_candles_of_a_symbol(database: Database, many: int) -> None:
    live = LiveCandlesMongo(database["live_candles"])
    await live.prepare()
    await live.note(LIVE)
    await multiply(database["live_candles"], LIVE.dataset_id, by=many, symbol=numbered("S"))

    async with profiled(database) as took:
        assert await live.of(["BTC-USDT", "AAPL"]) == [LIVE]

    assert took.problems() == []


async def test_old_versions_and_who_was_trained_on_them(database: Database, many: int) -> None:
    datasets, users = DatasetsMongo(database), DatasetUsersMongo(database["models"], database["jobs"])
    await datasets.prepare()
    await users.prepare()
    version = {"spec": {"own": [{"dataset_id": LIVE.dataset_id, "version": 3}]}}
    await database["models"].insert_one({"_id": "model", "account_id": "account", "deleted_at": None, "versions": [version]})
    other = [{"spec": {"own": [{"dataset_id": "another", "version": 1}]}}]
    await multiply(database["models"], "model", by=many, versions={"$literal": other})
    long_ago = now() - timedelta(days=9)
    old = {"dataset_id": LIVE.dataset_id, "number": 1, "created_at": long_ago, "account_id": "platform", "sha256": "s", "size": 1}
    await database["dataset_versions"].insert_one({"_id": "old"} | old)
    await multiply(database["dataset_versions"], "old", by=many, dataset_id=numbered("d"))

    async with profiled(database) as took:
        used = await users.versions_of(LIVE.dataset_id)
        await datasets.forget_old(LIVE.dataset_id, below=5, but=used, before=now())

    assert used == {3}
    assert await database["dataset_versions"].count_documents({"dataset_id": LIVE.dataset_id}) == 0
    assert took.problems() == []
