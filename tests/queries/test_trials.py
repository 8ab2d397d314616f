"""What an account has tried on the same candles: an index look-up among many backtests."""

from datetime import date

from libs.chassis.stores.mongo import Database
from libs.contracts.examples import EXAMPLES
from libs.contracts.jobs import JobRequested
from libs.contracts.trials import Tried
from services.gateway.domain.jobs.job import requested_job
from services.gateway.domain.jobs.trials import Span
from services.gateway.outbound.jobs.jobs_mongo import JobsMongo
from services.gateway.outbound.jobs.trials_mongo import TrialsMongo
from tests.queries.profiled import earlier, multiply, numbered, profiled


async def test_what_an_account_has_tried_on_the_same_candles_is_looked_up(database: Database, many: int) -> None:
    jobs, documents, trials = JobsMongo(database["jobs"], on_write=int), database["jobs"], TrialsMongo(database["jobs"])
    await jobs.prepare()
    await trials.prepare()
    request = EXAMPLES[JobRequested]
    assert isinstance(request, JobRequested)
    request = request.model_copy(update={"job_id": "job", "account_id": "account"})
    await jobs.add(requested_job(request, slot=0, tried=Tried(("AAPL 1d",), bytes(8))), request)
    others = {"created_at": earlier("created_at"), "slot": None}
    await multiply(documents, "job", by=many // 10, tried_on=[numbered("S", of=many // 20)], **others)
    await multiply(documents, "job_1", by=many // 10, account_id=numbered("a", of=many // 20), tried_on=["AAPL 1d"], **others)

    async with profiled(database) as took:
        assert await trials.of("account", on=["AAPL 1d", "MSFT 1d"], span=Span(date(2010, 1, 1), None)) == [bytes(8)]
        assert len(await trials.of("account", on=["S3"], span=Span(None, None))) == 2
        assert len(await TrialsMongo(documents, most=8).of("account", on=["S3"], span=Span(None, None))) == 1
        assert await trials.of("account", on=["AAPL 1d"], span=Span(date(2019, 1, 1), date(2020, 1, 1))) == []

    assert took.problems() == []
