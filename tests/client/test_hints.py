"""What the command advises after a refusal: what helps against this one."""

from typing import Any

import httpx
import pytest

from modelbourse.cli.opening import lines_of
from modelbourse.errors import InvalidRequestError
from modelbourse.refusals import refusal, told_refusal

SCOPES = "→ use a credential that may: `modelbourse login`, or an API key with the scope"

TIERS = "→ see what each tier has with `modelbourse credits limits`"
VERSIONS = "→ `modelbourse models show MODEL` shows yours"


@pytest.mark.parametrize(
    ("code", "details", "advice"),
    [
        ("PERMISSION_DENIED", {}, [SCOPES]),
        ("SUBSCRIPTION_REQUIRED", {"jobs_at_once": ["jobs_at_once: 2 on tier 'free'; 'pro' has 5."]}, [TIERS]),
        ("SUBSCRIPTION_REQUIRED", {"priority": ["Allowed on this tier: low, normal."]}, [TIERS]),
        ("SUBSCRIPTION_REQUIRED", {}, []),
        ("ACCOUNT_SUSPENDED", {}, []),
    ],
)
def test_what_is_forbidden_is_told_with_what_helps_against_it(code: str, details: dict[str, Any], advice: list[str]) -> None:
    refused = told_refusal({"code": code, "message": "No.", "details": details}, status=403, headers={})

    assert [line for line in lines_of(refused) if line.startswith("→")] == advice


def test_who_publishes_a_model_without_a_live_source_is_told_how_to_acknowledge_it() -> None:
    details = {"acknowledge_static_data": ["There is no live source for AAPL."]}
    refused = told_refusal({"code": "VALIDATION_ERROR", "message": "No.", "details": details}, status=400, headers={})

    assert lines_of(refused)[-1] == "→ add --acknowledge-static-data to publish it all the same"


def test_a_version_that_is_not_there_is_told_with_what_shows_the_versions() -> None:
    refused = told_refusal({"code": "RESOURCE_NOT_FOUND", "message": "The model has no version '2.0'."}, status=404, headers={})

    assert [line for line in lines_of(refused) if line.startswith("→")] == [VERSIONS]


@pytest.mark.parametrize(
    ("message", "command"),
    [
        ("'desk' has no version 9; its newest is 1.", "engine registry list NAME"),
        ("Nothing is registered as 'desk'.", "engine registry list"),
    ],
)
def test_what_is_not_registered_is_told_with_what_lists_the_registry(message: str, command: str) -> None:
    refused = told_refusal({"code": "RESOURCE_NOT_FOUND", "message": message}, status=404, headers={})

    assert lines_of(refused)[-1] == f"→ `modelbourse {command}` shows yours"


def test_who_sends_a_symbol_a_second_time_is_told_where_to_append() -> None:
    details = {"symbol": ["It is taken."], "dataset_id": ["dataset_1"]}
    refused = told_refusal({"code": "CONFLICT", "message": "No.", "details": details}, status=409, headers={})

    assert lines_of(refused)[-1] == "→ append to it: modelbourse data append dataset_1 FILE"


@pytest.mark.parametrize(
    ("status", "message", "advice"),
    [
        (404, "'news' has no version 9.", "→ `sentiment-list-models --name NAME` shows what there is"),
        (404, "There is no training on texts job 'job_x'.", "→ the training's id is what `sentiment-train` has printed"),
        (401, "The key is none.", "→ set MODEL_BUILDER_API_KEY to an API key, or log in: `modelbourse login`"),
        (403, "The key is not good for 'train'.", "→ make a key that may: `modelbourse keys create NAME --scope …`"),
    ],
)
def test_the_sentiment_commands_advise_in_their_own_words(status: int, message: str, advice: str) -> None:
    refused = told_refusal({"code": "NO", "message": message}, status=status, headers={})

    assert lines_of(refused, program="sentiment-register")[-1].startswith(advice)


def test_what_ml_development_cannot_read_is_told_by_field() -> None:
    problems = [
        {"loc": ["body", "sample_rows_json", 3, "price"], "msg": "-1 is less than 0, the least.", "type": "value_error"},
        {"loc": ["body"], "msg": "Send rows.", "type": "value_error"},
    ]

    refused = refusal(httpx.Response(422, json={"detail": problems}))

    assert isinstance(refused, InvalidRequestError)
    assert refused.details == {"sample_rows_json.3.price": ["-1 is less than 0, the least."], "body": ["Send rows."]}
    assert lines_of(refused)[1] == "  sample_rows_json.3.price: -1 is less than 0, the least."


def test_a_problem_that_the_message_tells_is_not_told_twice() -> None:
    told = "There is no file 'data/nws.csv'."
    refused = told_refusal(
        {"code": "VALIDATION_ERROR", "message": told, "details": {"data_path": [told], "tz": ["No zone."]}}, status=422, headers={}
    )

    assert lines_of(refused) == [f"{told} (VALIDATION_ERROR)", "  tz: No zone."]
    assert str(refused) == f"{told} tz: No zone. (VALIDATION_ERROR)"
