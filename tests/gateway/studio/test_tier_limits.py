"""What a tier may have: refused at the front door in words that say what would help, and never passed by two at once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.gateway.domain.accounts.account import Tier
from services.gateway.settings import Settings
from tests.conftest import NewFolder
from tests.gateway.conftest import KEYS
from tests.gateway.studio.world import Places, User, World, new_model, world

pytestmark = pytest.mark.asyncio(loop_scope="session")
WEBHOOK = {"url": "http://127.0.0.1:9/hook", "events": ["training_job.completed"]}
SMALL = {
    "jobs_at_once": {"free": 2, "pro": 4, "elite": 4},
    "models": {"free": 3},
    "archived_models": {"free": 2},
    "symbols_per_training": {"free": 1, "pro": 2, "elite": 2},
    "webhooks": {"free": 2},
    "api_keys": {"free": 2},
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def small(mongo_url: str, redis_url: str, new_folder: NewFolder) -> AsyncIterator[World]:
    """A platform whose tiers have little."""
    async with world(Places(mongo_url, redis_url, new_folder()), tier_limits=SMALL) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def poor(small: World) -> User:
    return await small.user(Tier.FREE)


def one_symbol(**changes: Any) -> dict[str, Any]:
    return {"training_config": {"symbols": ["AAPL"]} | changes}


async def models_of(user: User, count: int) -> list[str]:
    return [await user.make_model(**one_symbol()) for _ in range(count)]


async def test_of_many_trainings_begun_at_once_as_many_begin_as_the_tier_may_have(small: World) -> None:
    user = await small.user(Tier.PRO)
    models, other = await models_of(user, 8), small.at_the_other(user)

    answers = await asyncio.gather(
        *(who.call("POST", f"/models/{model_id}/train/", {}) for model_id, who in zip(models, [user, other] * 4, strict=True))
    )

    assert sorted(answer.status_code for answer in answers) == [*[202] * 4, *[400] * 4]
    assert (await user.get("/training-jobs/"))["count"] == 4
    refused = next(answer.json()["error"] for answer in answers if answer.status_code == 400)
    assert (refused["code"], refused["message"]) == ("VALIDATION_ERROR", "Tier 'pro' has at most 4 jobs of any kind that wait or run.")
    assert refused["details"] == {"jobs_at_once": ["jobs_at_once: 4 on tier 'pro', and no tier has more."]}
    jobs = [await user.get(f"/training-jobs/{answer.json()['job_id']}/") for answer in answers if answer.status_code == 202]
    left = (await user.get("/compute/usage/"))["current_period"]["hours_available"]
    assert left == pytest.approx(100 - sum(float(job["estimated_cost"]) for job in jobs) / 5, abs=0.01)


async def test_a_job_that_ends_makes_room_for_the_next(small: World, poor: User) -> None:
    models = await models_of(poor, 3)
    first, second = await poor.train(models[0]), await poor.train(models[1])

    full = await poor.call("POST", f"/models/{models[2]}/train/", {})
    await small.training.complete(first)
    await poor.job_is(first, "COMPLETED")
    third = await poor.train(models[2])
    full_again = await poor.call("POST", f"/models/{models[0]}/train/", {})
    await poor.call("POST", f"/training-jobs/{second}/cancel/")

    assert [(answer.status_code, answer.json()["error"]["code"]) for answer in (full, full_again)] == [(403, "SUBSCRIPTION_REQUIRED")] * 2
    assert full.json()["error"]["details"] == {"jobs_at_once": ["jobs_at_once: 2 on tier 'free'; 'pro' has 4."]}
    assert (await poor.call("POST", f"/models/{models[0]}/train/", {})).status_code == 202
    assert (await poor.get(f"/training-jobs/{third}/"))["status"] == "PENDING"


async def test_of_many_models_made_at_once_as_many_are_made_as_the_tier_may_have(small: World, poor: User) -> None:
    body = new_model(**one_symbol())

    answers = await asyncio.gather(*(who.call("POST", "/models/", body) for who in [poor, small.at_the_other(poor)] * 4))

    assert sorted(answer.status_code for answer in answers) == [*[201] * 3, *[403] * 5]
    assert (await poor.get("/models/"))["count"] == 3
    refused = next(answer.json()["error"] for answer in answers if answer.status_code == 403)
    assert refused["details"] == {"models": ["models: 3 on tier 'free'; 'pro' has 200."]}


async def test_a_deleted_model_makes_room_and_a_repeated_request_makes_none(poor: User) -> None:
    first = (await poor.call("POST", "/models/", new_model(**one_symbol()), key="first")).json()["id"]
    rest = await models_of(poor, 2)

    again = await poor.call("POST", "/models/", new_model(**one_symbol()), key="first")
    await poor.call("DELETE", f"/models/{rest[0]}/")
    made = await poor.call("POST", "/models/", new_model(**one_symbol()))
    too_many = await poor.call("POST", "/models/", new_model(**one_symbol()))

    assert (again.status_code, again.json()["id"]) == (201, first)
    assert (made.status_code, too_many.status_code) == (201, 403)


async def test_of_many_models_archived_at_once_as_many_are_archived_as_the_tier_may_have(small: World, poor: User) -> None:
    models, other = await models_of(poor, 3), small.at_the_other(poor)

    answers = await asyncio.gather(
        *(who.call("POST", f"/models/{model_id}/archive/") for model_id, who in zip(models, (poor, other, poor), strict=True))
    )
    rest = next(model_id for model_id, answer in zip(models, answers, strict=True) if answer.status_code == 403)
    await poor.call("DELETE", f"/models/{next(model_id for model_id in models if model_id != rest)}/")
    again = await poor.call("POST", f"/models/{rest}/archive/")

    assert sorted(answer.status_code for answer in answers) == [200, 200, 403]
    refused = next(answer.json()["error"] for answer in answers if answer.status_code == 403)
    assert refused["details"] == {"archived_models": ["archived_models: 2 on tier 'free'; 'pro' has 2000."]}
    assert again.status_code == 200


async def test_archived_models_make_room_and_of_many_restored_at_once_as_many_come_back_as_the_tier_may_have(
    small: World, poor: User
) -> None:
    archived, other = (await models_of(poor, 3))[:2], small.at_the_other(poor)
    for model_id in archived:
        assert (await poor.call("POST", f"/models/{model_id}/archive/")).status_code == 200
    made = await poor.make_model(**one_symbol())

    answers = await asyncio.gather(
        *(who.call("POST", f"/models/{model_id}/restore/") for model_id, who in zip(archived, (poor, other), strict=True))
    )
    await poor.call("DELETE", f"/models/{made}/")
    later = [await poor.call("POST", f"/models/{model_id}/restore/") for model_id in archived]

    assert sorted(answer.status_code for answer in answers) == [200, 403]
    refused = next(answer.json()["error"] for answer in answers if answer.status_code == 403)
    assert (refused["code"], refused["details"]) == ("SUBSCRIPTION_REQUIRED", {"models": ["models: 3 on tier 'free'; 'pro' has 200."]})
    assert [answer.status_code for answer in later] == [200, 200]
    assert (await poor.call("POST", "/models/", new_model(**one_symbol()))).status_code == 403


async def test_symbols_of_a_training_are_limited_when_it_is_made_changed_and_started(small: World, poor: User) -> None:
    model_id = await poor.make_model(**one_symbol())
    two = {"training_config": {"symbols": ["AAPL", "MSFT"]}}
    rich = await small.user(Tier.PRO)
    large = await rich.make_model(**two)
    accounts = small.gateway.stores.accounts
    await accounts.save(replace(await accounts.get(rich.account_id), tier=Tier.FREE))

    made = await poor.call("POST", "/models/", new_model(**two))
    changed = await poor.call("PATCH", f"/models/{model_id}/", two)
    started = await small.at_the_other(rich).call("POST", f"/models/{large}/train/", {})

    assert [answer.status_code for answer in (made, changed, started)] == [403, 403, 403]
    assert made.json()["error"]["details"] == {"training_config.symbols": ["symbols_per_training: 1 on tier 'free'; 'pro' has 2."]}


async def test_a_training_that_would_take_too_long_is_refused_before_anything_is_set_aside(studio: World) -> None:
    free = await studio.user(Tier.FREE)
    config = {"symbols": ["AAPL", "MSFT"], "cross_validation_folds": 10}
    huge = {"training_config": config, "features": [f"rsi_{window}" for window in range(10, 60)]}
    model_id = await free.make_model(hyperparameters={"n_estimators": 2000, "max_depth": 20, "max_features": None}, **huge)

    answer = await free.call("POST", f"/models/{model_id}/train/", {})

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "SUBSCRIPTION_REQUIRED")
    assert answer.json()["error"]["details"] == {"hours_per_job": ["hours_per_job: 1 on tier 'free'; 'pro' has 6."]}
    assert (await free.get("/compute/usage/"))["current_period"]["hours_available"] == 10


async def test_webhooks_are_limited_by_tier(poor: User) -> None:
    answers = await asyncio.gather(*(poor.call("POST", "/webhooks/", WEBHOOK) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [201, 201, 403, 403]


async def test_of_many_api_keys_made_at_once_as_many_are_made_as_the_tier_may_have_and_a_revoked_one_makes_room(
    small: World, poor: User
) -> None:
    async def make(user: User) -> httpx.Response:
        return await user.http.post("/auth/api-keys", json={"name": "nightly"})

    answers = await asyncio.gather(*(make(who) for who in [poor, small.at_the_other(poor)] * 3))
    made = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    revoked = await poor.http.delete(f"/auth/api-keys/{made[0]}")
    again, too_many = await make(poor), await make(poor)

    assert sorted(answer.status_code for answer in answers) == [*[201] * 2, *[403] * 4]
    assert (revoked.status_code, again.status_code, too_many.status_code) == (204, 201, 403)
    refused = too_many.json()["error"]
    assert refused["message"] == "Tier 'free' has at most 2 API keys, expired ones included: revoke what is no longer used."
    assert refused["details"] == {"api_keys": ["api_keys: 2 on tier 'free'; 'pro' has 100."]}


async def test_the_limits_say_what_is_used_and_which_tier_has_more(small: World, poor: User) -> None:
    models = await models_of(poor, 3)
    await poor.train(models[0])
    await poor.call("POST", f"/models/{models[2]}/archive/")
    await poor.call("POST", "/webhooks/", WEBHOOK)

    limits = await poor.get("/compute/limits/")
    elite = await (await small.user(Tier.ELITE)).get("/compute/limits/")

    assert (limits["tier"], limits["priorities"], limits["requests_per_hour"], limits["monthly_hours"]) == (
        "free",
        ["LOW", "NORMAL"],
        100,
        10,
    )
    told = {name: (each["limit"], each["used"], each["more_on"]) for name, each in limits["limits"].items()}
    assert told == {
        "jobs_at_once": (2, 1, "pro"),
        "models": (3, 2, "pro"),
        "archived_models": (2, 1, "pro"),
        "symbols_per_training": (1, None, "pro"),
        "hours_per_job": (1, None, "pro"),
        "clock_hours_per_job": (4, None, "pro"),
        "workers_per_job": (1, None, "pro"),
        "webhooks": (2, 1, "pro"),
        "api_keys": (2, 0, "pro"),
        "versions_per_model": (10, None, "pro"),
        "datasets": (20, 0, "pro"),
        "upload_bytes": (50_000_000, None, "pro"),
        "rows_per_dataset": (2_000_000, None, "pro"),
        "dataset_bytes": (500_000_000, 0, "pro"),
        "dataset_rows": (10_000_000, 0, "pro"),
        "files": (2_000, 0, "pro"),
        "file_bytes": (2_000_000_000, 0, "pro"),
        "experiments": (50, None, "pro"),
        "trials_per_search": (50, None, "pro"),
        "trials_at_once": (4, None, "pro"),
        "recipes": (50, 0, "pro"),
    }
    assert limits["tiers"] == elite["tiers"]
    assert {each["more_on"] for each in elite["limits"].values()} == {None}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"jobs": {"free": 2}}, "'jobs' is not a limit"),
        ({"models": {"gold": 2}}, "'gold' is not a tier"),
        ({"models": {"free": 0}}, "greater than 0"),
    ],
)
async def test_a_misspelt_limit_keeps_the_gateway_from_starting(given: dict[str, Any], problem: str) -> None:
    places = {"kafka_bootstrap": "127.0.0.1:1", "mongo_url": "mongodb://x", "redis_url": "redis://x", "artifacts_url": "file:///tmp/x"}

    with pytest.raises(ValueError, match=problem):
        Settings.model_validate(places | {"jwt_keys": KEYS, "tier_limits": given})
