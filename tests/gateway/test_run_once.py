"""Stories of requests with an Idempotency-Key: done once, however often they come."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from libs.chassis.errors import InvalidError, PlatformError, UnavailableError
from libs.contracts.ids import is_id
from services.gateway.domain.errors import KeyReusedError, StillRunningError
from services.gateway.domain.repeats import Answer
from services.gateway.domain.work import Work
from services.gateway.outbound.repeats_mongo import RepeatsMongo
from services.gateway.usecases.run_once import RunOnce
from tests.gateway.conftest import Desk, bearer, fresh
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")
MODEL = {
    "name": "Momentum",
    "model_type": "CLASSIFICATION",
    "algorithm": "RANDOM_FOREST",
    "target_variable": "signal_type",
    "features": ["rsi_14", "macd_signal"],
    "hyperparameters": {"n_estimators": 10},
    "training_config": {"symbols": ["AAPL"]},
}
DAY_MS = 86_400_000
DONE = Answer(status=202, headers=(("x-made", "yes"),), body=b"{}")


async def create(desk: Desk, headers: dict[str, str], key: str, **changed: Any) -> httpx.Response:
    return await desk.client.post("/api/ai-studio/models/", headers=headers | {"idempotency-key": key}, json=MODEL | changed)


async def models_of(desk: Desk, headers: dict[str, str]) -> int:
    return int((await desk.client.get("/api/ai-studio/models/", headers=headers)).json()["count"])


async def test_the_same_request_gets_the_same_answer_and_makes_one_model(desk: Desk) -> None:
    headers = bearer(await desk.user())

    first, second = await create(desk, headers, "key-1"), await create(desk, headers, "key-1")

    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert first.headers["content-type"] == second.headers["content-type"]
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert await models_of(desk, headers) == 1


async def test_a_stored_answer_is_given_to_nobody_without_the_scopes_that_it_needed(desk: Desk) -> None:
    owner = bearer(await desk.user())
    made = await desk.client.post("/auth/api-keys", headers=owner, json={"name": "asks alone", "scopes": ["predict"]})
    first = await create(desk, owner, "key-1")

    repeated = await create(desk, bearer(made.json()["key"]), "key-1")

    assert (first.status_code, repeated.status_code) == (201, 403)
    assert repeated.json()["error"]["code"] == "PERMISSION_DENIED"


async def test_many_at_once_make_one_model(desk: Desk) -> None:
    headers = bearer(await desk.user())

    answers = await asyncio.gather(*(create(desk, headers, "key-1") for _ in range(6)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await models_of(desk, headers) == 1


async def test_the_same_key_with_another_body_is_a_conflict(desk: Desk) -> None:
    headers = bearer(await desk.user())
    await create(desk, headers, "key-1")

    refused = await create(desk, headers, "key-1", name="Another")

    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "CONFLICT"
    assert await models_of(desk, headers) == 1


async def test_a_key_is_its_accounts_own(desk: Desk) -> None:
    mine, theirs = bearer(await desk.user()), bearer(await desk.user())

    first, second = await create(desk, mine, "key-1"), await create(desk, theirs, "key-1", name="Another")

    assert first.status_code == second.status_code == 201
    assert first.json()["id"] != second.json()["id"]


async def test_a_refused_request_may_be_put_right_under_the_same_key(desk: Desk) -> None:
    headers = bearer(await desk.user())
    assert (await create(desk, headers, "key-1", algorithm="RANDOM_FORREST")).status_code == 400

    assert (await create(desk, headers, "key-1")).status_code == 201


@pytest.mark.parametrize("key", ["with space", "x" * 201, "tab\there"])
async def test_a_malformed_key_is_refused(desk: Desk, key: str) -> None:
    refused = await create(desk, bearer(await desk.user()), key)

    assert refused.status_code == 400
    assert "Idempotency-Key" in refused.json()["error"]["details"]


@pytest.fixture
def once(desk: Desk) -> RunOnce:
    return RunOnce(desk.gateway.stores.repeats, wait_s=0.2)


async def run(once: RunOnce, key: str, work: Any, request: bytes = b"body") -> Answer:
    return await once(key=key, account_id="account_1", route="POST /jobs", request=request, run=work)


async def test_an_attempt_that_died_half_way_is_finished_under_the_same_ids(desk: Desk) -> None:
    key, made = fresh("key"), []

    async def dies(work: Work) -> Answer:
        made.append(work.new_id("job"))
        raise KeyboardInterrupt

    async def lives(work: Work) -> Answer:
        made.append(work.new_id("job"))
        return DONE

    once = RunOnce(desk.gateway.stores.repeats, wait_s=0.2)
    with pytest.raises(KeyboardInterrupt):
        await run(once, key, dies)
    answer = await run(once, key, lives)

    assert answer == DONE
    assert made[0] == made[1]
    assert is_id(made[0], prefix="job")


async def test_a_process_that_was_killed_gives_its_request_up_when_its_lease_ends(desk: Desk, once: RunOnce) -> None:
    key, started, never = fresh("key"), asyncio.Event(), asyncio.Event()
    dead = RunOnce(desk.gateway.stores.repeats, lease=timedelta(days=1))  # It renews nothing before this is over.

    async def hangs(_: Work) -> Answer:
        started.set()
        await never.wait()
        return DONE

    async def lives(_: Work) -> Answer:
        return DONE

    killed = asyncio.create_task(run(dead, key, hangs))
    await started.wait()
    with pytest.raises(StillRunningError):
        await run(once, key, lives)
    # The lease of the one that hangs runs out.
    collection = desk.chassis.database["repeats"]
    await collection.update_many({"answer": None}, [{"$set": {"lease_until": {"$subtract": ["$lease_until", 2 * DAY_MS]}}}])

    assert await run(once, key, lives) == DONE
    never.set()
    assert await killed == DONE


async def test_a_request_that_takes_longer_than_its_lease_stays_with_the_process_that_works_on_it(desk: Desk) -> None:
    repeats = desk.chassis.database["repeats"]
    leases: set[datetime] = set()

    async def renewed_twice() -> bool:
        (newest,) = await repeats.find(sort=[("began_at", -1)], limit=1).to_list(None)
        leases.add(newest["lease_until"])
        return len(leases) > 2

    async def works(_: Work) -> Answer:
        await until(renewed_twice)
        return DONE

    assert await run(RunOnce(desk.gateway.stores.repeats, lease=timedelta(milliseconds=40)), fresh("key"), works) == DONE


async def test_a_lease_is_renewed_by_nobody_who_has_lost_it_or_given_it_up(desk: Desk) -> None:
    repeats, seed, day = desk.gateway.stores.repeats, fresh("seed"), timedelta(days=1)
    await repeats.begin(seed, fingerprint="body", holder="first", lease=timedelta(0))
    assert await repeats.renew(seed, holder="first", lease=timedelta(0))

    taken = await repeats.begin(seed, fingerprint="body", holder="second", lease=day)
    lost = await repeats.renew(seed, holder="first", lease=day)
    await repeats.let_go(seed, holder="second", forget=False)
    given_up = await repeats.renew(seed, holder="second", lease=day)

    assert (taken.mine, taken.again, lost, given_up) == (True, True, False, False)
    assert (await repeats.begin(seed, fingerprint="body", holder="third", lease=day)).mine


async def test_after_an_outage_the_same_ids_are_made_and_after_a_refusal_new_ones(once: RunOnce) -> None:
    made: dict[str, list[str]] = {"outage": [], "refusal": []}
    errors: dict[str, Exception] = {"outage": UnavailableError("away"), "refusal": InvalidError("no")}

    async def attempt(kind: str, key: str, *, fail: bool) -> None:
        async def work(given: Work) -> Answer:
            made[kind].append(given.new_id("job"))
            if fail:
                raise errors[kind]
            return DONE

        await run(once, key, work)

    for kind, error in errors.items():
        key = fresh("key")
        with pytest.raises(type(error)):
            await attempt(kind, key, fail=True)
        await attempt(kind, key, fail=False)

    assert made["outage"][0] == made["outage"][1]
    assert made["refusal"][0] != made["refusal"][1]


async def test_a_key_that_came_with_another_request_is_told_even_while_the_first_runs(desk: Desk, once: RunOnce) -> None:
    repeats, key = desk.gateway.stores.repeats, fresh("key")

    async def nested(_: Work) -> Answer:
        with pytest.raises(KeyReusedError):
            await run(once, key, nested, request=b"another")
        return DONE

    assert await run(once, key, nested) == DONE
    assert isinstance(repeats, RepeatsMongo)


async def test_records_end_after_a_day(desk: Desk, mongo_url: str) -> None:
    with MongoClient(mongo_url) as client:
        indexes = client[desk.chassis.database.name]["repeats"].index_information()

    assert indexes["began_at"]["expireAfterSeconds"] == timedelta(days=1).total_seconds()


async def test_ids_sort_by_when_the_request_first_came() -> None:
    early, late = Work(seed="a", began_ms=1_700_000_000_000), Work(seed="a", began_ms=1_800_000_000_000)

    assert early.new_id("job") < late.new_id("job")
    assert early.new_id("job") == early.new_id("job")
    assert early.new_id("job") != Work(seed="b", began_ms=1_700_000_000_000).new_id("job")
    assert is_id(early.new_id("job"), prefix="job")


async def test_a_refusal_after_an_attempt_of_which_nobody_knows_forgets_nothing(once: RunOnce) -> None:
    made: list[str] = []
    told = iter([UnavailableError("away"), InvalidError("no"), PlatformError("a mistake of ours"), None])

    async def work(given: Work) -> Answer:
        made.append(given.new_id("txn"))
        if error := next(told):
            raise error
        return DONE

    key = fresh("key")
    for kind in (UnavailableError, InvalidError, PlatformError):
        with pytest.raises(kind):
            await run(once, key, work)

    assert await run(once, key, work) == DONE
    assert len(made) == 4
    assert len(set(made)) == 1
