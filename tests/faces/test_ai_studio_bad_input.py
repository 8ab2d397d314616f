"""Bad input to AI Studio: every request of the table gets exactly the answer it says, and none is an error of ours."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import httpx
import jwt
import pytest
import pytest_asyncio

from services.gateway.inbound.faces.ai_studio.reading import ModelIn
from tests.faces import (
    bad_input,
    bad_input_access,
    bad_input_compute,
    bad_input_forecasting,
    bad_input_marketplace,
    bad_input_plan,
    bad_input_ranges,
    bad_input_retraining,
    bad_input_sequences,
    bad_input_subscriptions,
    bad_input_webhooks,
)
from tests.faces.bad_input import Bad
from tests.faces.odd_values import ODD, taken_or_refused_for
from tests.gateway.document import Document
from tests.gateway.studio.selling import a_reviewer, listed
from tests.gateway.studio.subscribers import subscribed
from tests.gateway.studio.world import STUDIO, User, World, new_model

pytestmark = pytest.mark.asyncio(loop_scope="session")
TABLE = [
    *bad_input.TABLE,
    *bad_input_access.TABLE,
    *bad_input_compute.COMPUTE,
    *bad_input_forecasting.FORECASTING,
    *bad_input_marketplace.MARKETPLACE,
    *bad_input_plan.PLAN,
    *bad_input_ranges.RANGES,
    *bad_input_retraining.RETRAINING,
    *bad_input_sequences.SEQUENCES,
    *bad_input_webhooks.WEBHOOKS,
    *bad_input_subscriptions.SUBSCRIPTIONS,
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def things(studio: World) -> dict[str, Any]:
    """A user with a draft, a trained model and an ended job, and another one with things of their own."""
    ada, eve = await studio.user(), await studio.user()
    draft, trained = await ada.make_model(), await studio.trained(ada)
    ended = (await ada.get("/training-jobs/"))["results"][0]["id"]
    others_model = await eve.make_model()
    others_job = await eve.train(others_model)
    made = await ada.call("POST", "/webhooks/", {"url": bad_input_webhooks.URL, "events": [bad_input_webhooks.COMPLETED]})
    reviewer = await a_reviewer(studio)
    (_, listing), (_, own) = await listed(studio, eve, reviewer), await listed(studio, ada, reviewer)
    bought = await subscribed(eve, own)
    market = {"listing": listing, "own_listing": own, "subscription": bought["subscription_id"]}
    ids = {"draft": draft, "trained": trained, "ended": ended, "others_model": others_model, "others_job": others_job}
    return {
        "user": ada,
        "ids": ids | market | {"webhook": made.json()["id"]},
        "tokens": tokens_of(ada),
    }


def tokens_of(user: User) -> dict[str, str | None]:
    """Return what stands in the Authorization header, by kind."""
    good = user.http.headers["Authorization"].removeprefix("Bearer ")
    header, claims = jwt.get_unverified_header(good), jwt.decode(good, options={"verify_signature": False})
    late = claims | {"exp": int((datetime.now(UTC) - timedelta(minutes=5)).timestamp())}
    unsigned = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "none"}, claims))
    return {
        "ada": f"Bearer {good}",
        "none": None,
        "expired": f"Bearer {jwt.encode(late, 's' * 40, algorithm='HS256', headers={'kid': header['kid']})}",
        "forged": f"Bearer {jwt.encode(claims, 'x' * 40, algorithm='HS256', headers={'kid': header['kid']})}",
        "unsigned": f"Bearer {unsigned}.",
        "letters": "Bearer abc",
        "basic": "Basic YWRhOnB3",
    }


async def test_bad_input_gets_its_answer(studio: World, things: dict[str, Any], document: Document) -> None:
    wrong = {bad.name: found for bad in TABLE if (found := list(misses(await send(studio, things, bad), bad, things["ids"], document)))}

    assert wrong == {}


def misses(answer: httpx.Response, bad: Bad, ids: dict[str, str], document: Document) -> Iterator[str]:
    """Yield how an answer is not the one that the table says."""
    error = answer.json()["error"]
    if (answer.status_code, error["code"]) != (bad.status, bad.code):
        yield f"{answer.status_code} {error}"
    if set(answer.json()) != {"error", "timestamp"} or set(error) != {"code", "message", "details"}:
        yield f"other fields: {answer.text}"
    said = " ".join(error["details"].get(bad.field, ["<nothing>"])) if bad.field else error["message"]
    text = filled(bad.text, ids)
    if not ((said == text) if bad.whole or bad.field is None else (text in said)):
        yield f"{said!r}, not {text!r}"
    if len(answer.content) >= 4000:
        yield f"{len(answer.content)} bytes"
    if document.operation(bad.method, answer.request.url.path):
        yield from document.misfits(answer)


async def send(studio: World, things: dict[str, Any], bad: Bad) -> httpx.Response:
    headers = {"Content-Type": bad.content_type} if bad.body is not None or bad.raw is not None else {}
    token = things["tokens"][bad.token]
    content = bad.raw if bad.raw is not None else None if bad.body is None else json.dumps(bad.body).encode()
    path = filled(bad.path, things["ids"])
    async with studio.client(headers=headers | ({"Authorization": token} if token else {})) as http:
        return await http.request(bad.method, f"{STUDIO}{path}", content=content)


def filled(text: str, ids: dict[str, str]) -> str:
    """Return a path or message with the story's ids in it."""
    for name, made in ids.items():
        text = text.replace(f"{{{name}}}", made)
    return text


async def test_the_table_is_long_and_each_row_its_own() -> None:
    assert len(TABLE) >= 60
    assert all(bad.text for bad in TABLE)
    assert len({bad.name for bad in TABLE}) == len(TABLE)


async def test_all_problems_are_told_at_once(things: dict[str, Any]) -> None:
    body = new_model(
        name="",
        model_type="CLASIFICATION",
        algorithm="RANDOM_FORREST",
        features=["rsi_14", "rsi14"],
        hyperparameters={"n_estimators": 0},
        training_config={"symbols": ["APPL"], "train_test_split": 2, "start_date": "yesterday"},
        descripton="x",
    )

    answer = await things["user"].call("POST", "/models/", body)

    assert set(answer.json()["error"]["details"]) == {
        "name",
        "model_type",
        "algorithm",
        "features",
        "training_config.symbols",
        "training_config.train_test_split",
        "training_config.start_date",
        "descripton",
    }


async def test_no_value_anywhere_is_an_error_of_ours(things: dict[str, Any]) -> None:
    wrong = {}
    for field, value in product(ModelIn.model_fields, ODD):
        answer = await things["user"].call("POST", "/models/", new_model(**{field: value}))
        if not taken_or_refused_for(field, answer):
            wrong[field, repr(value)] = answer.text

    assert wrong == {}
