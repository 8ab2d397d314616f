"""Signals that were made, feedback on them and analyses: what is due, counted, listed and forgotten is found by indexes."""

from datetime import datetime, timedelta
from typing import Any

from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from libs.contracts.signals import GiveFeedback
from services.gateway.domain.signals.config_analysis import ConfigAnalysis
from services.gateway.outbound.signals.config_analyses_mongo import ConfigAnalysesMongo
from services.inference.domain.analyses import Skip
from services.inference.domain.signal_scores import SignalScore
from services.inference.outbound.analysis_days_mongo import AnalysisDaysMongo
from services.inference.outbound.kept_analyses_mongo import COLLECTION, KeptAnalysesMongo
from services.inference.outbound.signal_feedback_mongo import SignalFeedbackMongo
from services.inference.outbound.signal_scores_mongo import SignalScoresMongo
from services.inference.outbound.skipped_mongo import SkippedMongo
from services.inference.outbound.uptime_mongo import UptimeMongo
from tests.queries.profiled import earlier, multiply, numbered, profiled

LIFE = timedelta(days=3650)


def score(name: str, *, owner: str | None) -> SignalScore:
    at = now() - timedelta(days=1)
    return SignalScore(name, "BTCUSDT", None, owner, "Long", 0.62, 50_000.0, "1h", False, at, at + timedelta(hours=12))


async def test_signals_that_are_due_an_accounts_and_all(database: Database, many: int) -> None:
    scores, feedback = SignalScoresMongo(database, life=LIFE), SignalFeedbackMongo(database, life=LIFE)
    await scores.prepare()
    await feedback.prepare()
    await scores.add(score("mine", owner="account"))
    await scores.add(score("other", owner="another"))
    given = GiveFeedback(
        signal_id="mine", caller="account", account_id="account", symbol="BTCUSDT", predicted_signal="Long", actual_outcome="PROFIT"
    )
    await feedback.put(given, score("mine", owner="account"), at=now())
    await feedback.put(given.model_copy(update={"caller": "another", "account_id": "another"}), score("mine", owner=None), at=now())
    other = {"owner": numbered("a"), "at": earlier("at"), "state": "hit", "right": "Long", "next_at": "$$REMOVE"}
    await multiply(database["signal_scores"], "other", by=many, **other)
    await multiply(database["signal_feedback"], "mine another", by=many, account_id=numbered("a"), at=earlier("at"))

    async with profiled(database) as took:
        assert await scores.take(at=now(), until=now() + timedelta(minutes=2)) is not None
        assert sum(each.count for each in await scores.tallies(account_id="account", since=None)) == 0  # Feedback stands in its place.
        assert sum(each.count for each in await feedback.tallies(account_id="account", since=None)) == 1
        await feedback.forget("account")
        assert sum(each.count for each in await scores.tallies(account_id="account", since=None)) == 1
        await scores.forget("account")
    async with profiled(database) as took_all:
        assert sum(each.count for each in await scores.tallies(account_id=None, since=None)) == many + 2

    assert took.problems() == []
    # These are counted all, by an index all the same.
    assert took_all.problems(reads=many + 10) == []


async def test_analyses_that_an_account_may_see(database: Database, many: int) -> None:
    days, at = AnalysisDaysMongo(database, life=LIFE), now()
    archive = KeptAnalysesMongo(database, days)
    await archive.prepare()
    analysis = {"signal": "Long", "confidence": 0.6, "reasoning": "", "llm_model": None}
    await database[COLLECTION].insert_one({"_id": "own", "symbol": "MINE", "timestamp": at, "analysis": analysis, "private_to": "account"})
    await multiply(database[COLLECTION], "own", by=many, private_to=numbered("a"), timestamp=earlier("timestamp"))
    await multiply(database[COLLECTION], "own_1", by=30, private_to=None, timestamp=at)
    other = {"_id": "other", "symbol": "SENT", "timestamp": at - timedelta(days=5), "analysis": analysis, "private_to": None}
    await database[COLLECTION].insert_one(other)
    await multiply(database[COLLECTION], "other", by=many)

    async with profiled(database) as took:
        found = await archive.newest(account_id="account", since=at - timedelta(days=1), most=20)
        await archive.newest(account_id="account", since=at - timedelta(days=1), most=20, symbols=("BTCUSDT", "BTC-USD"))
        bounded = await archive.by_symbol(account_id="account", most=1)
    async with profiled(database) as once_more:
        counted = await archive.by_symbol(account_id="account", most=100)
        assert len(await days.public(at)) == 2
        assert [each.symbol for each in await days.own("account")] == ["MINE"]
    await archive.clear()

    assert (found.total, len(found.analyses)) == (31, 20)
    assert [(each.symbol, each.analyses) for each in counted.most] == [("SENT", many + 1), ("MINE", 31)]
    assert (bounded.analyses, bounded.symbols, [each.symbol for each in bounded.most]) == (many + 32, 2, ["SENT"])
    # Those of a day that is over are read once.
    assert (took.problems(reads=many + 10, counted=100), once_more.problems(counted=100)) == ([], [])
    assert sum(work.examined for work in took.works) > many > 10 * sum(work.examined for work in once_more.works)
    assert (await archive.by_symbol(account_id="account", most=1)).analyses == 0


async def test_days_that_are_counted_while_analyses_are_removed_are_counted_anew(database: Database) -> None:
    at = now()
    await database[COLLECTION].insert_one({"_id": "old", "symbol": "SENT", "timestamp": at - timedelta(days=5), "private_to": None})

    class WhileRemoved(AnalysisDaysMongo):
        async def _counted(self, since: datetime, *, until: datetime | None) -> list[dict[str, Any]]:
            found = await super()._counted(since, until=until)
            if found:
                await database[COLLECTION].delete_many({})
                await self.forget()
            return found

    counting = await WhileRemoved(database, life=LIFE).public(at)
    assert [each.analyses for each in counting] == [1]
    assert await AnalysisDaysMongo(database, life=LIFE).public(at) == []


async def test_minutes_of_work_and_symbols_that_were_passed_over(database: Database) -> None:
    uptime, skipped, at = UptimeMongo(database["analyst_uptime"]), SkippedMongo(database["skipped_symbols"]), now()
    await uptime.prepare()
    begin = at.replace(minute=10, second=0, microsecond=0) - timedelta(hours=2)
    for minutes in (0, 1, 2, 3, 55, 55):
        await uptime.mark(begin + timedelta(minutes=minutes, seconds=30))
    for symbol in ("ADAUSDT", "DOTUSDT"):
        await skipped.note(Skip(symbol, "there are no candles for it", at))

    async with profiled(database) as took:
        await skipped.keep(["ADAUSDT"])
        share = await uptime.share(begin + timedelta(minutes=60, seconds=20))
        assert [each.symbol for each in await skipped.all()] == ["ADAUSDT"]

    assert share == (5 / 60, begin)
    assert took.problems() == []


async def test_analyses_of_how_an_account_trades(database: Database, many: int) -> None:
    analyses, at = ConfigAnalysesMongo(database["config_analyses"]), now()
    await analyses.prepare()
    made = ConfigAnalysis(id="config_analysis_1", account_id="account", at=at, days=30, backtests=0, suggestions=(), reasons={})
    first, second = [await analyses.add(made) for _ in range(2)]
    await multiply(database["config_analyses"], "account config_analysis_1", by=many, account_id=numbered("a"))

    async with profiled(database) as took:
        assert (await analyses.newest("account", since=at - timedelta(days=1))) in (first, second)
        await analyses.forget("account")

    assert (first.id, second.id) == ("config_analysis_1", "config_analysis_1-2")
    assert took.problems() == []
