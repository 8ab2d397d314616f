"""The books are watched: what does not add up is seen, and seen to be right again."""

from bson.decimal128 import Decimal128
from prometheus_client import CollectorRegistry

from libs.chassis.liveness.measures import read_once
from libs.contracts.envelope import now
from services.marketplace.outbound.ledger_measure import ledger_measure
from services.marketplace.outbound.ledger_mongo import LedgerMongo
from services.marketplace.usecases.watch_books import WatchBooks
from tests.marketplace.market import Market


async def test_books_that_do_not_add_up_are_noticed_until_they_do_again(market: Market) -> None:
    registry = CollectorRegistry()
    measure = ledger_measure(WatchBooks(LedgerMongo(market.database), now, most=2), registry=registry)

    async def looked() -> list[float | None]:
        assert await read_once(measure)
        return [registry.get_sample_value("modelbourse_ledger_imbalance", {"ledger": ledger}) for ledger in ("credits", "money")]

    for account in ("a", "b", "c"):
        await market.reserve("1", account=account)
    await market.buy("2", account="b")
    assert [await looked() for _ in range(2)] == [[0, 0]] * 2

    wallet = await market.database["wallets"].find_one({"_id": "a"})
    assert wallet is not None
    await market.database["wallets"].update_one({"_id": "a"}, {"$set": {"available": Decimal128("99")}})
    await market.database["money_movements"].delete_one({"account_id": "b"})
    assert await looked() == [1, 1]
    # Other accounts' turn: what was wrong is looked at all the same.
    assert await looked() == [1, 1]

    await market.database["wallets"].replace_one({"_id": "a"}, wallet)
    assert await looked() == [0, 1]
