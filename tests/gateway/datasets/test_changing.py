"""A dataset grows by versions, is listed beside what comes with the platform, downloaded, renamed and deleted; it is its owner's alone."""

import pytest
import pytest_asyncio

from tests.gateway.datasets.desk import BROKEN, DATASETS, Clerk, error_of
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def clerk(studio: World, ada: User) -> Clerk:
    return Clerk(studio, ada)


async def test_appended_rows_make_a_version_of_their_own_and_a_refused_one_leaves_what_there_was(clerk: Clerk) -> None:
    sent = await clerk.sent()
    first = await clerk.complete(sent, rows=8)

    second = (await clerk.append(sent["dataset_id"])).json()
    spec = await clerk.spec(second["job_id"])
    grown = await clerk.complete(second, rows=9)
    third = (await clerk.append(sent["dataset_id"], revise="true")).json()
    kept = await clerk.complete(third, findings=(BROKEN,))
    own = await clerk.world.gateway.platform.datasets.own.newest(clerk.user.account_id)

    assert (second["version"], spec.base and (spec.base.version, spec.base.sha256), spec.revise) == (2, (1, first["sha256"]), False)
    assert (spec.timeframe, spec.calendar, spec.symbol) == ("1h", "24/7", "ACME")
    assert (grown["version"], grown["rows"], grown["status"]) == (2, 9, "ready")
    assert (kept["version"], kept["versions"], kept["rows"], kept["status"]) == (2, 3, 9, "ready")
    assert [each["code"] for each in kept["health"]["errors"]] == ["high_below_low"]
    assert [(each.version, each.sha256, each.columns, each.end.isoformat()) for each in own.candles["ACME"]] == [
        (2, grown["sha256"], ("mood",), "2026-01-05")
    ]
    versions = await clerk.get(f"/{sent['dataset_id']}/versions", limit=2)
    assert [(each["version"], each["status"]) for each in versions["versions"]] == [(3, "refused"), (2, "ready")]
    assert (versions["total"], versions["limit"], versions["offset"]) == (3, 2, 0)
    old = await clerk.get(f"/{sent['dataset_id']}", version=1)
    assert (old["version"], old["rows"], old["status"], old["sha256"]) == (1, 8, "ready", first["sha256"])


async def test_one_check_at_a_time_works_on_a_dataset(clerk: Clerk) -> None:
    sent = await clerk.sent()

    busy = error_of(await clerk.append(sent["dataset_id"]))

    assert busy[0] == 409
    assert busy[2] == {"job_id": [sent["job_id"]]}


async def test_of_two_appends_in_the_same_moment_one_is_accepted(clerk: Clerk) -> None:
    sent = await clerk.sent()
    await clerk.complete(sent)
    datasets = clerk.world.gateway.platform.datasets.datasets
    before = await datasets.get(sent["dataset_id"], account_id=clerk.user.account_id)

    first = (await clerk.append(sent["dataset_id"])).json()
    # As a second gateway sees it that has read the dataset a moment earlier.
    await clerk.world.database["datasets"].update_one({"_id": before.id}, {"$set": {"newest.status": "ready", "newest.number": 1}})
    await clerk.world.database["datasets"].update_one({"_id": before.id}, {"$set": {"newest.spec.version": 1}})
    second = error_of(await clerk.append(sent["dataset_id"]))

    assert second[0] == 409
    assert second[2] == {"job_id": [first["job_id"]]}


async def test_events_that_come_twice_and_late_change_nothing(clerk: Clerk) -> None:
    sent = await clerk.sent()
    done = await clerk.completed(sent["job_id"], rows=8)
    first = await clerk.complete(sent, rows=8)
    second = (await clerk.append(sent["dataset_id"])).json()

    await clerk.world.training.bus.publish(done)
    grown = await clerk.complete(second, rows=9)
    await clerk.world.training.bus.publish(done)
    await clerk.world.training.bus.publish(clerk.world.training.job_requests[sent["job_id"]])
    other = await clerk.sent(symbol="LATER")
    await clerk.complete(other)

    assert await clerk.get(f"/{sent['dataset_id']}") == grown
    assert (first["version"], grown["version"], grown["rows"]) == (1, 2, 9)


async def test_a_check_whose_end_is_heard_before_anything_was_shown_makes_its_dataset(clerk: Clerk) -> None:
    sent = await clerk.sent()
    done = await clerk.completed(sent["job_id"])
    for name in ("datasets", "dataset_versions"):
        await clerk.world.database[name].delete_many({"account_id": clerk.user.account_id})

    await clerk.world.training.bus.publish(done)
    dataset = await clerk.settled_late(sent)

    assert (dataset["status"], dataset["version"]) == ("ready", 1)


async def test_lists_have_your_own_first_and_then_what_comes_with_the_platform(clerk: Clerk) -> None:
    candles, later = await clerk.sent(), await clerk.sent(symbol="LATER")
    await clerk.complete(candles)

    everything = await clerk.get(limit=3)
    rest = await clerk.get(limit=3, offset=3)
    found = {
        "kind": await clerk.get(kind="text"),
        "symbol": await clerk.get(symbol="LATER"),
        "status": await clerk.get(status="checking"),
        "source": await clerk.get(source="packaged", symbol="AAPL"),
    }

    assert [each["id"] for each in everything["datasets"]][:2] == [later["dataset_id"], candles["dataset_id"]]
    assert [each["source"] for each in (*everything["datasets"], *rest["datasets"])] == ["uploaded"] * 2 + ["packaged"] * 4
    assert (everything["total"], everything["datasets"][0]["preview"]) == (12, None)
    ids = {name: [each["id"] for each in answer["datasets"]] for name, answer in found.items()}
    assert ids == {"kind": [], "symbol": [later["dataset_id"]], "status": [later["dataset_id"]], "source": ["packaged_AAPL_1d"]}
    shipped = await clerk.get("/packaged_BTC-USD_15m")
    assert (shipped["source"], shipped["calendar"], shipped["timeframe"], shipped["status"]) == ("packaged", "24/7", "15m", "ready")
    assert (shipped["rows"], shipped["start"], shipped["end"]) == (8686, "2021-09-27T13:45:00.000Z", "2021-12-29T14:00:00.000Z")
    assert {name for name, value in shipped.items() if value is None} == set(shipped["reasons"])


async def test_what_comes_with_the_platform_is_read_alone(clerk: Clerk) -> None:
    path = f"{DATASETS}/packaged_AAPL_1d"
    http = clerk.user.http

    answers = [await http.delete(path), await http.patch(path, json={"name": "Mine"}), await clerk.append("packaged_AAPL_1d")]
    missing = await http.get(f"{path}/download")

    assert {answer.status_code for answer in answers} == {409}
    assert {answer.json()["error"]["message"] for answer in answers} == {"'packaged_AAPL_1d' comes with the platform: it is read alone."}
    assert missing.status_code == 404


async def test_a_dataset_is_renamed_and_nothing_else_of_it_can_be_changed(clerk: Clerk) -> None:
    sent = await clerk.sent(name="Before")
    path = f"{DATASETS}/{sent['dataset_id']}"

    renamed = await clerk.user.http.patch(path, json={"name": " After "})
    refused = await clerk.user.http.patch(path, json={"name": "After", "symbol": "OTHER"})

    assert (renamed.status_code, renamed.json()["name"], renamed.json()["status"]) == (200, "After", "checking")
    assert refused.status_code == 422
    assert (await clerk.complete(sent))["name"] == "After"


async def test_a_deleted_dataset_is_gone_its_check_is_cancelled_and_no_late_event_brings_it_back(clerk: Clerk) -> None:
    sent = await clerk.sent()
    done = await clerk.completed(sent["job_id"])

    deleted = await clerk.user.http.delete(f"{DATASETS}/{sent['dataset_id']}")

    async def wished() -> bool:
        return sent["job_id"] in clerk.world.training.wishes

    await until(wished, what="the wish to cancel its check")
    await clerk.world.training.bus.publish(done)
    await clerk.world.training.bus.publish(clerk.world.training.job_requests[sent["job_id"]])
    again = await clerk.sent()
    await clerk.complete(again)
    assert (deleted.status_code, deleted.json()["deleted"]) == (200, True)
    assert (await clerk.user.http.get(f"{DATASETS}/{sent['dataset_id']}")).status_code == 404
    assert (await clerk.get(source="uploaded"))["total"] == 1
    assert await clerk.world.database["dataset_versions"].count_documents({"dataset_id": sent["dataset_id"]}) == 0
    await clerk.upload_gone(sent)


async def test_a_deletion_that_was_broken_off_is_finished_and_its_bytes_count_no_longer(clerk: Clerk) -> None:
    sent = await clerk.sent()
    await clerk.complete(sent)
    datasets, versions = clerk.world.gateway.platform.datasets.datasets, clerk.world.database["dataset_versions"]
    kept = await versions.find_one({"dataset_id": sent["dataset_id"]})
    assert kept is not None

    await clerk.user.http.delete(f"{DATASETS}/{sent['dataset_id']}")
    # As a gateway leaves it that is killed between its two writes.
    await versions.insert_one(kept)
    broken_off = {"$set": {"versions_left": True}, "$unset": {"expires_at": ""}}
    await clerk.world.database["datasets"].update_one({"_id": sent["dataset_id"]}, broken_off)
    counted = (await datasets.stored(clerk.user.account_id)).size
    await clerk.world.gateway.housekeeping["datasets whose deletion was broken off were deleted"]()

    assert counted > 0
    assert (await datasets.stored(clerk.user.account_id)).size == 0
    trace = await clerk.world.database["datasets"].find_one({"_id": sent["dataset_id"]})
    assert trace is not None
    assert ("versions_left" in trace, "expires_at" in trace) == (False, True)


async def test_what_a_model_was_trained_on_stays_as_long_as_the_model(clerk: Clerk) -> None:
    sent = await clerk.sent()
    await clerk.complete(sent)
    model_id = await clerk.world.trained(clerk.user)
    own = [{"dataset_id": sent["dataset_id"], "version": 1, "sha256": "ab" * 32}]
    await clerk.world.database["models"].update_one({"_id": model_id}, {"$set": {"versions.0.spec.own": own}})

    status, message, details = error_of(await clerk.user.http.delete(f"{DATASETS}/{sent['dataset_id']}"))

    assert (status, details) == (409, {"used_by": [model_id]})
    assert model_id in message
    assert (await clerk.get(f"/{sent['dataset_id']}"))["used_by"] == [model_id]
    assert (await clerk.get(symbol="ACME"))["datasets"][0]["used_by"] == [model_id]


async def test_an_old_version_is_deleted_for_its_room_and_what_is_needed_stays(clerk: Clerk) -> None:
    sent = await clerk.sent()
    first, path = await clerk.completed(sent["job_id"]), f"{DATASETS}/{sent['dataset_id']}"
    await clerk.complete(sent)
    for rows in (9, 10):
        await clerk.complete((await clerk.append(sent["dataset_id"])).json(), rows=rows)
    await clerk.complete((await clerk.append(sent["dataset_id"])).json(), findings=(BROKEN,))
    model_id = await clerk.world.trained(clerk.user)
    own = [{"dataset_id": sent["dataset_id"], "version": 2, "sha256": "ab" * 32}]
    await clerk.world.database["models"].update_one({"_id": model_id}, {"$set": {"versions.0.spec.own": own}})
    datasets = clerk.world.gateway.platform.datasets.datasets
    before = await datasets.stored(clerk.user.account_id)

    refused = {number: error_of(await clerk.user.http.delete(f"{path}/versions/{number}")) for number in (2, 3, 4, 5)}
    gone = await clerk.user.http.delete(f"{path}/versions/1")
    await clerk.world.training.bus.publish(first)
    await clerk.complete(await clerk.sent(symbol="LATER"))
    again = await clerk.user.http.delete(f"{path}/versions/1")

    assert {number: said[0] for number, said in refused.items()} == {2: 409, 3: 409, 4: 409, 5: 404}
    assert [refused[number][1].partition(": ")[2] for number in (2, 3)] == [
        "a model was trained on it.",
        "it is the newest that can be used; append to it first, or delete the dataset.",
    ]
    assert (gone.status_code, gone.json()["version"], again.status_code) == (200, 1, 404)
    assert [each["version"] for each in (await clerk.get(f"/{sent['dataset_id']}/versions"))["versions"]] == [4, 3, 2]
    await clerk.user.http.delete(f"{DATASETS}/{(await clerk.get(symbol='LATER'))['datasets'][0]['id']}")
    assert (await datasets.stored(clerk.user.account_id)).size < before.size


async def test_another_accounts_dataset_is_unknown_on_every_route(clerk: Clerk, studio: World, eve: User) -> None:
    sent = await clerk.sent()
    await clerk.complete(sent)
    path, other = f"{DATASETS}/{sent['dataset_id']}", Clerk(studio, eve)

    answers = [await eve.http.get(f"{path}{each}") for each in ("", "/versions", "/health", "/health.html", "/download")]
    answers += [await eve.http.delete(path), await eve.http.patch(path, json={"name": "Mine"}), await other.append(sent["dataset_id"])]

    assert {answer.status_code for answer in answers} == {404}
    assert {answer.json()["error"]["message"] for answer in answers} == {f"There is no dataset '{sent['dataset_id']}'."}
    assert (await other.get(source="uploaded"))["total"] == 0
    assert (await other.send(symbol="ACME", timeframe="1h")).status_code == 202
    assert (await studio.gateway.platform.datasets.own.newest(eve.account_id)).candles == {}


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ({"kind": "candle"}, "kind", "Did you mean 'candles'?"),
        ({"status": "redy"}, "status", "Did you mean 'ready'?"),
        ({"source": "upload"}, "source", "Did you mean 'uploaded'?"),
        ({"symbol": "acme"}, "symbol", "Did you mean 'ACME'?"),
        ({"limit": "0"}, "limit", "Must be a whole number from 1 to 100."),
        ({"offset": "-1"}, "offset", "Must be a whole number from 0"),
        ({"simbol": "ACME"}, "simbol", "Did you mean 'symbol'?"),
    ],
)
async def test_a_list_that_cannot_be_filtered_like_this_says_what_can_be_asked(
    clerk: Clerk, query: dict[str, str], field: str, said: str
) -> None:
    status, _, details = error_of(await clerk.user.http.get(DATASETS, params=query))

    assert status == 422
    assert said in details[field][0]


@pytest.mark.parametrize("version", ["0", "x", "3"])
async def test_a_version_that_there_is_not_is_told_with_those_that_there_are(clerk: Clerk, version: str) -> None:
    sent = await clerk.sent()

    answer = await clerk.user.http.get(f"{DATASETS}/{sent['dataset_id']}", params={"version": version})

    status, _, details = error_of(answer)
    assert status == (404 if version == "3" else 422)
    assert list(details) == ["version"]


async def test_nobody_comes_without_a_credential_and_a_key_that_reads_writes_nothing(clerk: Clerk, studio: World) -> None:
    sent = await clerk.sent()
    key = (await clerk.user.http.post("/auth/api-keys", json={"name": "reader", "scopes": ["read"]})).json()["key"]
    async with studio.client() as nobody, studio.client(headers={"Authorization": f"Bearer {key}"}) as reader:
        read, refused = await reader.get(f"{DATASETS}/{sent['dataset_id']}"), await Clerk(studio, User("", reader)).send(symbol="X")
        closed = [await nobody.get(DATASETS), await Clerk(studio, User("", nobody)).send(symbol="X")]

    assert [answer.status_code for answer in (read, refused, *closed)] == [200, 403, 401, 401]
