"""What an account has tried on the same candles: one document a configuration, counted and settled by look-ups in indexes."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from libs.chassis.stores.migrations import migrate
from libs.chassis.stores.mongo import Database
from libs.contracts.examples import EXAMPLES
from libs.contracts.jobs import JobRequested
from libs.contracts.training import JobState
from libs.contracts.trials import Tried
from services.gateway.domain.jobs.job import requested_job
from services.gateway.domain.jobs.trials import Span
from services.gateway.outbound.jobs.jobs_mongo import JobsMongo
from services.gateway.outbound.jobs.trials_mongo import TrialsMongo
from services.gateway.outbound.schema import SCHEMA
from tests.queries.profiled import multiply, numbered, profiled

AT = datetime(2026, 11, 1, tzinfo=UTC)
EVER = Span(None, None)
LIFE = timedelta(days=3650)


def tried(*configurations: int, on: str = "AAPL 1d") -> Tried:
    return Tried((on,), b"".join(each.to_bytes(8, "big") for each in configurations))


async def claim(trials: TrialsMongo, what: Tried, *, job: str, account: str = "account", span: Span = EVER, at: datetime = AT) -> None:
    await trials.claim(what, span=span, account_id=account, job_id=job, at=at)


async def a_job(database: Database, job_id: str, *, state: JobState, what: Tried) -> None:
    request = EXAMPLES[JobRequested]
    assert isinstance(request, JobRequested)
    request = request.model_copy(update={"job_id": job_id, "account_id": "account"})
    await JobsMongo(database["jobs"], on_write=lambda: None).add(requested_job(request, tried=what), request)
    await database["jobs"].update_one({"_id": job_id}, {"$set": {"state": state.value}})


@pytest.fixture
async def trials(database: Database) -> TrialsMongo:
    store = TrialsMongo(database)
    await store.prepare(life=LIFE)
    return store


async def test_what_an_account_has_tried_is_counted_taken_back_and_settled_by_indexes(
    database: Database, trials: TrialsMongo, many: int
) -> None:
    documents = database["trials"]
    await documents.insert_one(
        {"_id": "0", "account_id": "other", "on": ["AAPL 1d"], "mark": b"0", "start": "2000", "end": "2001", "at": AT}
    )
    await multiply(documents, "0", by=many // 10, mark=numbered("m"))
    await multiply(documents, "0", by=many // 10, account_id="account", on=[numbered("S", of=many // 20)], mark=numbered("n"))
    await claim(trials, tried(1, 2), job="one")

    async with profiled(database) as once:
        await claim(trials, tried(2, 4), job="three")
        await trials.withdraw("three")
    assert max(work.keys for work in once.works) < 20, "what it costs grows with what the account has tried"

    async with profiled(database) as took:
        assert await trials.make_way() == 0
        assert await trials.count("account", on=("AAPL 1d", "MSFT 1d"), span=EVER) == 2
        assert await trials.count("account", on=("S3",), span=EVER) == 2
        await claim(trials, tried(2, 3), job="two")
        await trials.show("one")
        await trials.withdraw("two")
        assert await trials.settle(before=AT + LIFE) == 0
        assert await trials.count("account", on=("AAPL 1d",), span=EVER) == 2

    assert took.problems() == []


async def test_a_configuration_counts_once_on_overlapping_days_of_the_same_series(trials: TrialsMongo) -> None:
    years = {year: Span(date(year, 1, 1), date(year, 12, 31)) for year in (2010, 2011)}
    await claim(trials, tried(1, 2), job="one", span=years[2010])
    await claim(trials, tried(2, 3), job="two", span=Span(date(2010, 12, 31), date(2011, 6, 30)))
    await claim(trials, tried(4), job="three", span=years[2010], account="another")
    await claim(trials, tried(5, on="MSFT 1d"), job="four")

    counts = [await trials.count("account", on=("AAPL 1d",), span=span) for span in (*years.values(), EVER, Span(date(2012, 1, 1), None))]

    assert counts == [3, 2, 3, 0]
    assert await trials.count("account", on=("AAPL 1d", "MSFT 1d"), span=years[2010]) == 4


async def test_those_who_ask_at_once_count_each_other_and_the_same_request_twice_is_one(trials: TrialsMongo) -> None:
    async def ask(number: int) -> int:
        await claim(trials, tried(number % 5, 100), job=f"job {number % 5}")
        return await trials.count("account", on=("AAPL 1d",), span=EVER)

    counts = await asyncio.gather(*(ask(number) for number in range(10)))

    assert max(counts) == 6
    assert await trials.count("account", on=("AAPL 1d",), span=EVER) == 6


async def test_what_failed_is_taken_back_but_for_what_another_job_has_tried(trials: TrialsMongo) -> None:
    for job, configurations in (("shown", (1, 2)), ("runs", (2, 3)), ("fails", (1, 2, 3, 4)), ("fails, too", (3, 4))):
        await claim(trials, tried(*configurations), job=job)
    await trials.show("shown")

    await trials.withdraw("fails")
    between = await trials.count("account", on=("AAPL 1d",), span=EVER)
    for job in ("fails, too", "fails", "shown"):
        await trials.withdraw(job)

    assert (between, await trials.count("account", on=("AAPL 1d",), span=EVER)) == (4, 3)


async def test_what_was_claimed_before_a_gateway_died_is_settled_by_what_became_of_its_job(database: Database, trials: TrialsMongo) -> None:
    for number, state in enumerate((JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED, JobState.RUNNING)):
        await a_job(database, state, state=state, what=tried(number))
        await claim(trials, tried(number), job=state)
    await claim(trials, tried(9), job="was never inserted")
    await claim(trials, tried(10), job="is being inserted", at=AT + timedelta(hours=2))

    settled = await trials.settle(before=AT + timedelta(hours=1))

    assert settled == 4
    assert await trials.count("account", on=("AAPL 1d",), span=EVER) == 3
    assert {tuple(each["jobs"]) async for each in database["trials"].find({"jobs": {"$exists": True}})} == {
        (JobState.RUNNING.value,),
        ("is being inserted",),
    }


async def test_an_accounts_oldest_make_way_and_all_go_with_the_account(database: Database) -> None:
    trials = TrialsMongo(database, most=3)
    await trials.prepare(life=LIFE)
    for number in range(5):
        await claim(trials, tried(number), job="job", at=AT + timedelta(days=number))
    await claim(trials, tried(7), job="hers", account="another")

    assert await trials.make_way() == 2
    assert await trials.make_way() == 0
    kept = await trials.count("account", on=("AAPL 1d",), span=EVER)
    await trials.forget("account")

    assert (kept, await trials.count("account", on=("AAPL 1d",), span=EVER)) == (3, 0)
    assert await trials.count("another", on=("AAPL 1d",), span=EVER) == 1


async def test_what_is_claimed_while_its_account_is_erased_goes_with_it(database: Database, trials: TrialsMongo) -> None:
    await database["accounts"].insert_one({"_id": "account", "erasing_at": AT, "erased_at": None})
    await database["accounts"].insert_one({"_id": "another", "erasing_at": None, "erased_at": None})

    for account in ("account", "another"):
        await claim(trials, tried(1), job="job", account=account)

    assert await database["trials"].distinct("account_id") == ["another"]


async def test_what_backtests_of_the_release_before_have_tried_counts_still(database: Database, trials: TrialsMongo) -> None:
    for number, state in enumerate((JobState.SUCCEEDED, JobState.FAILED, JobState.RUNNING)):
        await a_job(database, state, state=state, what=tried(number, 10))

    for _ in range(2):  # broken off, and begun again
        await migrate(database, SCHEMA)
        await database["schema"].delete_many({})

    assert await trials.count("account", on=("AAPL 1d",), span=EVER) == 3
    await trials.withdraw(JobState.RUNNING)
    assert await trials.count("account", on=("AAPL 1d",), span=EVER) == 2
