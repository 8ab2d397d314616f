"""A file is sent: what is answered at once, what its check makes of it, what is refused and why."""

import hashlib
from typing import Any

import pytest
import pytest_asyncio

from services.gateway.domain.accounts.account import Tier
from tests.gateway.datasets.desk import BROKEN, CSV, DATASETS, GAP, Clerk, error_of
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def clerk(studio: World, ada: User) -> Clerk:
    return Clerk(studio, ada)


async def test_a_file_is_shown_as_it_was_understood_before_its_check_has_ended(clerk: Clerk) -> None:
    sent = await clerk.sent(name="ACME from our desk")

    dataset = await clerk.get(f"/{sent['dataset_id']}")
    assert (sent["version"], sent["status"], sent["reasons"]) == (1, "checking", {})
    assert [(each["name"], each["role"]) for each in sent["preview"]["columns"]][-2:] == [("volume", "volume"), ("mood", "feature")]
    assert sent["preview"]["rows"][0] == {
        "time": "2026-01-05T09:00:00Z", "open": 9.0, "high": 11.0, "low": 8.0, "close": 10.0, "volume": 900.0, "mood": 0.5,
    }  # fmt: skip
    assert (dataset["status"], dataset["name"], dataset["symbol"], dataset["timeframe"]) == ("checking", "ACME from our desk", "ACME", "1h")
    assert (dataset["version"], dataset["health"], dataset["rows"]) == (None, None, None)
    assert dataset["reasons"]["health"] == "Its check has not ended."
    spec = await clerk.spec(sent["job_id"])
    assert spec.upload.sha256 == hashlib.sha256(CSV.encode()).hexdigest()
    assert spec.rows_most == 20_000_000


async def test_a_dataset_whose_check_found_no_error_can_be_used_and_its_warnings_stay(clerk: Clerk) -> None:
    sent = await clerk.sent()

    dataset = await clerk.complete(sent, findings=(GAP,))

    shown = ("status", "version", "versions", "rows", "start", "end", "calendar", "used_by", "dry_run", "reasons")
    assert {name: dataset[name] for name in shown} == {
        "status": "ready",
        "version": 1,
        "versions": 1,
        "rows": 8,
        "start": "2026-01-05T09:00:00.000Z",
        "end": "2026-01-05T17:00:00.000Z",
        "calendar": "24/7",
        "used_by": [],
        "dry_run": False,
        "reasons": {"refresh": "It is sent, and not fetched from a source."},
    }
    assert dataset["health"] == {
        "errors": [],
        "warnings": [{"code": "gap", "count": 2, "first": "2026-01-05T12:00:00Z", "message": "Two candles are missing."}],
    }
    assert dataset["preview"]["rows"] == [{"time": "2026-01-05T09:00:00Z", "open": 9.0, "mood.of $all": 0.5}]
    assert await clerk.get(f"/{sent['dataset_id']}/health") == dataset["health"]
    await clerk.upload_gone(sent)


async def test_a_dataset_with_an_error_is_refused_says_why_and_leaves_its_symbol_free(clerk: Clerk) -> None:
    sent = await clerk.sent()

    refused = await clerk.complete(sent, findings=(BROKEN, GAP))
    again = await clerk.sent()

    assert (refused["status"], refused["version"], refused["sha256"]) == ("refused", None, None)
    assert [each["code"] for each in refused["health"]["errors"]] == ["high_below_low"]
    assert refused["reasons"]["sha256"] == "It was refused: no row of it is used."
    assert again["dataset_id"] != sent["dataset_id"]
    download = await clerk.user.http.get(f"{DATASETS}/{sent['dataset_id']}/download")
    assert error_of(download)[0] == 422
    assert "no rows to be used" in error_of(download)[1]


@pytest.mark.parametrize("way", ["fail", "cancel"])
async def test_a_check_that_does_not_come_to_its_end_refuses_the_version_with_the_reason(clerk: Clerk, way: str) -> None:
    sent = await clerk.sent()

    dataset = await (clerk.fail(sent, "It was too much.") if way == "fail" else clerk.cancel(sent))

    reason = "Its check failed: It was too much." if way == "fail" else "Its check was cancelled."
    assert (dataset["status"], dataset["health"], dataset["reasons"]["health"]) == ("refused", None, reason)
    assert (await clerk.send(symbol="ACME", timeframe="1h")).status_code == 202
    await clerk.upload_gone(sent)
    page = await clerk.user.http.get(f"{DATASETS}/{sent['dataset_id']}/health.html")
    assert error_of(page)[:2] == (404, f"Version 1 has no page: {reason}")


async def test_a_second_dataset_of_the_same_symbol_is_refused_and_told_where_to_append(clerk: Clerk) -> None:
    first = await clerk.sent()

    second = await clerk.send(symbol="ACME", timeframe="1h")
    other = await clerk.send(symbol="ACME", timeframe="1d")

    status, message, details = error_of(second)
    assert (status, list(details), details["dataset_id"]) == (409, ["symbol", "dataset_id"], [first["dataset_id"]])
    assert message.startswith(f"{first['dataset_id']} has your 1h candles of ACME: append to it")
    assert other.status_code == 202


async def test_of_two_whose_timeframe_is_told_by_their_times_the_second_is_refused_when_its_check_ends(clerk: Clerk) -> None:
    first, second = [(await clerk.send(symbol="ACME")).json() for _ in range(2)]

    kept, refused = await clerk.complete(first), await clerk.complete(second)
    done = await clerk.completed(second["job_id"])
    await clerk.user.http.delete(f"{DATASETS}/{first['dataset_id']}")
    await clerk.world.training.bus.publish(done)
    await clerk.complete(await clerk.sent(symbol="LATER"))

    assert await clerk.get(f"/{second['dataset_id']}") == refused
    assert (kept["status"], kept["timeframe"]) == ("ready", "1h")
    assert refused["status"] == "refused"
    assert first["dataset_id"] in refused["health"]["errors"][0]["message"]
    own = await clerk.world.gateway.platform.datasets.own.newest(clerk.user.account_id)
    assert list(own.candles) == ["LATER"]


async def test_what_is_only_looked_at_is_checked_and_nothing_of_it_is_kept(clerk: Clerk) -> None:
    await clerk.complete(await clerk.sent())
    sent = await clerk.sent(dry_run=True)

    dataset = await clerk.complete(sent, findings=(GAP,))

    appended = await clerk.append(sent["dataset_id"])
    listed = await clerk.get(source="uploaded")
    assert (dataset["dry_run"], dataset["status"], dataset["version"], dataset["sha256"]) == (True, "ready", None, None)
    assert dataset["reasons"]["version"] == "It was only looked at (dry_run): nothing of it is kept."
    assert dataset["health"]["warnings"][0]["code"] == "gap"
    assert sent["dataset_id"] not in [each["id"] for each in listed["datasets"]]
    assert error_of(appended)[:2] == (422, "It was only looked at (dry_run): send the whole file as a new dataset.")
    await clerk.upload_gone(sent)


async def test_a_request_that_comes_again_under_its_key_makes_one_dataset(clerk: Clerk) -> None:
    first = await clerk.send(symbol="ACME", timeframe="1h", key="once", dry_run=False)

    second = await clerk.send(symbol="ACME", timeframe="1h", key="once", dry_run=False)
    other = await clerk.send(CSV + "x", symbol="ACME", timeframe="1h", key="once")

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert other.status_code == 409
    assert (await clerk.get(source="uploaded"))["total"] == 1


async def test_the_raw_file_with_the_same_as_query_parameters_is_taken_as_a_form_is(clerk: Clerk) -> None:
    query = {"symbol": "RAW", "timeframe": "1h", "columns": '{"close": "close"}'}
    answer = await clerk.user.http.post(DATASETS, params=query, content=CSV.encode(), headers={"content-type": "text/csv"})

    assert answer.status_code == 202, answer.text
    assert (await clerk.spec(answer.json()["job_id"])).columns == {"close": "close"}


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({}, "symbol", "This field is required: candles are of something."),
        ({"symbol": "acme"}, "symbol", "Did you mean 'ACME'?"),
        ({"symbol": "A B"}, "symbol", "Must be 1 to 20 capital letters, digits and .^&_- such as ACME or BTC-USD."),
        ({"symbol": "ACME", "timeframe": "1hr"}, "timeframe", "Did you mean '1h'?"),
        ({"symbol": "ACME", "calendar": "XNYSS"}, "calendar", "Did you mean 'XNYS'?"),
        ({"symbol": "ACME", "tz": "Europe/Berln"}, "tz", "Did you mean 'Europe/Berlin'?"),
        ({"symbol": "ACME", "kind": "candle"}, "kind", "Did you mean 'candles'?"),
        ({"symbol": "ACME", "columns": "close=Last"}, "columns", "Must be a JSON object"),
        ({"symbol": "ACME", "columns": {"Close": "Last"}}, "columns", "Did you mean 'close'?"),
        ({"symbol": "ACME", "columns": {"close": "a", "open": "a"}}, "columns", "'a' is there twice"),
        ({"symbol": "ACME", "name": "\u202e"}, "name", "invisible or direction-changing"),
        ({"symbol": "ACME", "dry_run": "yes"}, "dry_run", "'yes' is not one of true, false."),
        ({"kind": "text", "symbol": "ACME", "name": "News"}, "symbol", "Candles alone have it; this is 'text'."),
        ({"kind": "table"}, "name", "This field is required"),
    ],
)
async def test_what_cannot_be_said_of_a_file_is_refused_by_its_name(clerk: Clerk, fields: dict[str, Any], field: str, said: str) -> None:
    status, _, details = error_of(await clerk.send(**fields))

    assert status == 422
    assert list(details) == [field]
    assert said in details[field][0]


async def test_an_unknown_field_is_refused_with_the_nearest(clerk: Clerk) -> None:
    status, _, details = error_of(await clerk.send(symbol="ACME", time_frame="1h"))

    assert status == 422
    assert "timeframe" in str(details)


async def test_a_tier_bounds_files_rows_and_datasets(studio: World) -> None:
    poor = Clerk(studio, await studio.user(Tier.FREE))
    sent = await poor.sent()
    await poor.complete(sent, rows=2_000_000)
    versions = studio.database["dataset_versions"]
    await versions.update_one({"dataset_id": sent["dataset_id"]}, {"$set": {"size": 500_000_000}})

    full = error_of(await poor.send(symbol="MORE", timeframe="1h"))
    too_large = await poor.user.http.post(
        DATASETS, params={"symbol": "BIG"}, content=b"", headers={"content-type": "text/csv", "content-length": "50000001"}
    )
    limits = (await poor.user.get("/compute/limits/"))["limits"]
    untold = {"content": b"", "headers": {"content-type": "text/csv"}}
    raw = error_of(await poor.user.http.post(DATASETS, params={"symbol": "MORE", "timeframe": "1h"}, **untold))
    more = error_of(await poor.user.http.post(f"{DATASETS}/{sent['dataset_id']}/versions", **untold))

    assert (await poor.spec(sent["job_id"])).rows_most == 2_000_000
    assert (full[0], list(full[2])) == (403, ["dataset_bytes"])
    assert "'pro' has 5000000000" in full[2]["dataset_bytes"][0]
    assert too_large.status_code == 413
    # An empty file is refused when it has come: these were refused before that.
    assert (raw, more) == (full, full)
    assert (limits["datasets"]["used"], limits["dataset_bytes"]["used"], limits["dataset_rows"]["used"]) == (1, 500_000_000, 2_000_000)
