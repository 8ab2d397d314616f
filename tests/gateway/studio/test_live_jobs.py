"""Stories of `/ws/jobs`: whoever watches an account's jobs sees those of all kinds go on and end, and may choose which."""

from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from libs.contracts.envelope import now
from libs.contracts.ids import new_id
from modelbourse.answers.live import JobUpdate, LiveJob
from tests.faces.backtests import accepted, fail, progress
from tests.gateway.studio.sockets import SOCKETS, authorization, closed, message, refused, token
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


def watching(address: str, user: User, query: str = "") -> connect:
    return connect(f"{address}/ws/jobs{query}", additional_headers=authorization(user))


async def update(socket: ClientConnection) -> tuple[str, str, int]:
    """Return of which job the next message is, its state and how far it is."""
    said = JobUpdate.model_validate(await message(socket))
    return said.job_id, said.data.state, said.data.progress


async def test_jobs_of_all_kinds_are_watched_as_they_begin_go_on_and_end(studio: World, ada: User, eve: User, gateways: list[str]) -> None:
    before = await ada.train(await ada.make_model())

    async with watching(gateways[0], ada) as socket, watching(gateways[1], eve) as stranger:
        there = await update(socket)
        played = (await accepted(ada))["task_id"]
        begun = await update(socket)
        await progress(studio, played)
        went_on = await update(socket)
        await fail(studio, played, message="No candles.")
        failed = await message(socket)
        await studio.training.complete(before)
        completed = await update(socket)
        other = await eve.train(await eve.make_model())
        of_stranger = await update(stranger)

    assert [there, begun, went_on, completed] == [
        (before, "queued", 0),
        (played, "queued", 0),
        (played, "running", 33),
        (before, "succeeded", 100),
    ]
    assert (failed["data"]["kind"], failed["data"]["state"]) == ("backtest", "failed")
    assert failed["data"]["error"] == {"type": "NoCandlesError", "message": "No candles."}
    assert of_stranger == (other, "queued", 0)


async def test_a_message_says_of_a_job_what_is_documented(ada: User, gateways: list[str]) -> None:
    model_id = await ada.make_model()
    job_id = await ada.train(model_id, job_name="Nightly")

    async with watching(gateways[0], ada) as socket:
        said = await message(socket)

    assert list(said) == ["type", "job_id", "data", "timestamp"]
    assert (said["type"], said["job_id"]) == ("job_update", job_id)
    assert set(said["data"]) == set(LiveJob.model_fields)
    assert said["data"]["created_at"].endswith("Z")
    assert {name: said["data"][name] for name in ("kind", "name", "model_id", "model_version", "ended_at", "error")} == {
        "kind": "train",
        "name": "Nightly",
        "model_id": model_id,
        "model_version": "1.0",
        "ended_at": None,
        "error": None,
    }


async def test_who_watches_chooses_by_kind_model_and_state(studio: World, ada: User, gateways: list[str]) -> None:
    model_id, other_id = await ada.make_model(), await ada.make_model()

    async with AsyncExitStack() as stack:
        queries = (
            "?kind=backtest",
            f"?model_id={model_id}",
            f"?model_id={model_id},{other_id}&state=running&state=succeeded",
            "?state=failed",
        )
        sockets = [await stack.enter_async_context(watching(gateways[0], ada, query)) for query in queries]
        job_id, other = await ada.train(model_id), await ada.train(other_id)
        backtests, of_model, of_both, failures = sockets
        played = (await accepted(ada))["task_id"]
        begun = await update(backtests)
        await studio.training.progress(job_id, 50)
        # Just now: that something has ended may be the first that a socket sees of it.
        await studio.training.complete(other, ended_at=now())
        await fail(studio, played, message="No candles.", ended_at=now())
        first_of_both, second_of_both = await update(of_both), await update(of_both)
        failure = await update(failures)
        own = [await update(of_model)]
        while own[-1][1] != "running":
            own.append(await update(of_model))

    assert begun == (played, "queued", 0)
    assert failure[:2] == (played, "failed")
    assert {first_of_both, second_of_both} == {(job_id, "running", 50), (other, "succeeded", 100)}
    assert {each for each, *_ in own} == {job_id}


async def test_jobs_that_are_named_are_watched_until_the_last_of_them_has_ended(
    studio: World, ada: User, eve: User, gateways: list[str]
) -> None:
    first, second = await ada.train(await ada.make_model()), await ada.train(await ada.make_model())
    await studio.training.complete(first)
    await ada.job_is(first, "COMPLETED")

    async with watching(gateways[1], ada, f"?job_id={first},{second}") as socket:
        at_first = [await update(socket), await update(socket)]
        await studio.training.complete(second)
        last = await update(socket)
        end = await closed(socket)
    async with watching(gateways[0], eve, f"?job_id={first}") as stranger:
        not_theirs = await closed(stranger)

    assert at_first == [(first, "succeeded", 100), (second, "queued", 0)]
    assert last == (second, "succeeded", 100)
    assert end == (1000, "All have ended.")
    assert not_theirs == (4404, f"There is no job '{first}'.")


async def test_what_had_ended_before_is_told_to_who_asks_for_it(studio: World, ada: User, gateways: list[str]) -> None:
    long_ago, just_now = await ada.train(await ada.make_model()), await ada.train(await ada.make_model())
    await studio.training.complete(long_ago)
    await ada.job_is(long_ago, "COMPLETED")
    await ada.call("POST", f"/training-jobs/{just_now}/cancel/")

    async def is_told() -> bool:
        return (await ada.get(f"/training-jobs/{just_now}/"))["started_at"] is not None

    await until(is_told, what="the event that tells when it had started")

    async with watching(gateways[0], ada) as socket, watching(gateways[1], ada, "?ended_within=300") as again:
        job_id = await ada.train(await ada.make_model())

        assert await update(socket) == (job_id, "queued", 0)
        assert [await update(again), await update(again)] == [(just_now, "cancelled", 30), (job_id, "queued", 0)]


async def test_an_event_that_comes_again_of_a_job_that_had_ended_is_not_told(studio: World, ada: User, gateways: list[str]) -> None:
    long_ago, job_id = await ada.train(await ada.make_model()), await ada.train(await ada.make_model())
    end = await studio.training.complete(long_ago)
    await ada.job_is(long_ago, "COMPLETED")

    async with watching(gateways[0], ada) as socket:
        at_first = await update(socket)
        await studio.training.again(end)
        await studio.training.complete(job_id)
        then = await update(socket)

    assert [at_first, then] == [(job_id, "queued", 0), (job_id, "succeeded", 100)]


@pytest.mark.parametrize(
    ("query", "field", "hint"),
    [
        ("?stat=failed", "stat", "Did you mean 'state'?"),
        ("?state=faild", "state", "Did you mean 'failed'?"),
        ("?kind=train,backtests", "kind", "Did you mean 'backtest'?"),
        ("?model_id=7", "model_id", "begins with model_"),
        ("?job_id=nothing", "job_id", "begins with job_"),
        ("?job_id=" + ",".join(new_id("job") for _ in range(51)), "job_id", "at most 50"),
        ("?ended_within=301", "ended_within", "from 0 to 300"),
    ],
)
async def test_a_filter_that_is_none_is_refused_before_there_is_a_socket(
    ada: User, gateways: list[str], query: str, field: str, hint: str
) -> None:
    status, error = await refused(f"{gateways[0]}/ws/jobs{query}", additional_headers=authorization(ada))

    assert (status, error["code"]) == (400, "VALIDATION_ERROR")
    assert hint in error["details"][field][0]


async def test_the_door_is_the_same_for_all_sockets(studio: World, gateways: list[str]) -> None:
    user = await studio.user()
    address = f"{gateways[0]}/ws/jobs"
    await user.train(await user.make_model())

    handshakes = [
        await refused(f"{address}?kind=nonsense", additional_headers={"Authorization": "Bearer nonsense"}),
        await refused(address, origin="https://elsewhere.example", additional_headers=authorization(user)),
    ]
    async with AsyncExitStack() as stack:
        for _ in range(SOCKETS):
            await message(await stack.enter_async_context(connect(f"{address}?token={token(user)}")))
        async with connect(address) as surplus:
            await surplus.send(f'{{"token": "{token(user)}"}}')
            too_many = (await closed(surplus))[0]

    assert [status for status, _ in handshakes] == [401, 403]
    assert too_many == 4429


@pytest.mark.parametrize("path", ["/wsx", "/wsx/", "/ws/nope", "/ws/training/", "/ws/training/a/b"])
async def test_a_path_without_a_socket_is_answered_like_any_unknown_path(
    ada: User, gateways: list[str], path: str, caplog: pytest.LogCaptureFixture
) -> None:
    status, error = await refused(f"{gateways[0]}{path}", additional_headers=authorization(ada))
    plain: dict[str, Any] = (await ada.http.get(path)).json()["error"]

    assert (status, error) == (404, plain)
    assert [record for record in caplog.records if record.name == "uvicorn.websockets"] == []


async def test_a_path_of_a_face_is_refused_in_its_words(ada: User, gateways: list[str]) -> None:
    path = "/api/backtests/live/now"

    async with AsyncExitStack() as stack:
        with pytest.raises(InvalidStatus) as caught:
            await stack.enter_async_context(connect(f"{gateways[0]}{path}"))

    answer = caught.value.response
    assert (answer.status_code, answer.body) == (404, (await ada.http.get(path)).content)


async def test_a_socket_may_be_asked_for_with_a_slash_at_the_end(ada: User, gateways: list[str]) -> None:
    job_id = await ada.train(await ada.make_model())

    async with connect(f"{gateways[0]}/ws/jobs/?token={token(ada)}") as socket:
        assert (await update(socket))[0] == job_id
