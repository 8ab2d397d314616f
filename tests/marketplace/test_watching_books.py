"""The books are watched: what does not add up is seen, and seen to be right again."""

from bson.decimal128 import Decimal128
from prometheus_client import CollectorRegistry

from libs.chassis.liveness.measures import read_once
from libs.contracts.envelope import now
from libs.contracts.ledger import CheckLedger
from services.marketplace.outbound.ledger_measure import ledger_measure
from services.marketplace.outbound.ledger_mongo import LedgerMongo
from services.marketplace.outbound.ledger_watch_mongo import LedgerWatchMongo
from services.marketplace.usecases.check_ledger import CheckBooks
from services.marketplace.usecases.watch_books import WatchBooks
from tests.marketplace.market import Market


async def test_books_that_do_not_add_up_are_noticed_until_they_do_again(market: Market) -> None:
    books = LedgerMongo(market.database)

    async def looked() -> list[float | None]:
        # Anew each time: a process that is started again goes on where the last one was, and forgets nothing.
        registry = CollectorRegistry()
        assert await read_once(ledger_measure(WatchBooks(books, LedgerWatchMongo(market.database), now, most=2), registry=registry))
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

    await market.database["purchases"].update_one({"account_id": "b"}, {"$set": {"state": "strange"}})
    checked = await CheckBooks(books, now)(CheckLedger())
    assert (await looked(), await looked(), checked.accounts, checked.next_after) == ([0, 1], [0, 1], 3, None)
    assert [(each.code, each.account_id, each.subject.partition("/")[0]) for each in checked.faults] == [("UNREADABLE", "b", "purchases")]
