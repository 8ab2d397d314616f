"""What is generated is committed as it would be generated, and says what the code says."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema
from jsonschema import Draft7Validator, Draft202012Validator

from deploy.local.generate import ROOT, generated, leftovers, write
from libs.contracts.asyncapi import asyncapi_document
from libs.contracts.example_predictions import PREDICTION
from libs.contracts.examples import EXAMPLES
from libs.contracts.schemas_of import every_message, schema_of
from libs.contracts.topics import ASKS, EVENTS, every_topic

MESSAGES = dict(every_message())


@cache
def document() -> dict[str, Any]:
    """The AsyncAPI document, made once where it is asked for."""
    return asyncapi_document()


@pytest.fixture(scope="module")
def files() -> dict[Path, str]:
    """Every generated file, made once."""
    return generated()


def test_every_generated_file_is_up_to_date(files: dict[Path, str]) -> None:
    stale = [str(path) for path, text in files.items() if not (ROOT / path).exists() or (ROOT / path).read_text() != text]

    assert stale == [], "run `make generate`"
    assert leftovers(files, root=ROOT) == []


def test_writing_twice_changes_nothing(files: dict[Path, str], tmp_path: Path) -> None:
    assert sorted(write(files, root=tmp_path)) == sorted(files)
    assert write(files, root=tmp_path) == []


@pytest.mark.parametrize("name", MESSAGES)
def test_an_example_fits_its_schema_and_comes_back_the_same(name: str) -> None:
    model, schema = MESSAGES[name], schema_of(name, message=MESSAGES[name])
    Draft202012Validator.check_schema(schema)

    written = EXAMPLES[model].model_dump(mode="json")

    assert [error.message for error in Draft202012Validator(schema).iter_errors(written)] == []
    assert model.model_validate_json(EXAMPLES[model].model_dump_json()) == EXAMPLES[model]


def test_the_example_of_a_prediction_adds_up_as_it_says() -> None:
    total = PREDICTION.base_value + sum(PREDICTION.feature_contributions.values())

    assert PREDICTION.prediction == max(PREDICTION.probabilities, key=PREDICTION.probabilities.__getitem__)
    assert PREDICTION.confidence == PREDICTION.probabilities[PREDICTION.prediction]
    assert abs(total - PREDICTION.confidence) <= 2 * PREDICTION.additivity_error


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_is_explained_and_ignores_what_it_does_not_know(name: str) -> None:
    model = MESSAGES[name]
    assert model.__doc__

    read = model.model_validate(EXAMPLES[model].model_dump() | {"added_later": 1})

    assert read == EXAMPLES[model]
    assert "additionalProperties" not in schema_of(name, message=model)


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def resolve(reference: str) -> Any:
    target: Any = document()
    for part in reference.removeprefix("#/").split("/"):
        target = target[part]
    return target


def test_the_asyncapi_document_is_well_formed() -> None:
    read = ApplicationSchema.model_validate(document())

    assert read.asyncapi == "3.0.0"
    for reference in references(document()):
        assert reference.startswith("#/")
        assert resolve(reference)
    for place in ("messages", "schemas"):
        assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in document()["components"][place])
    for schema in document()["components"]["schemas"].values():
        Draft7Validator.check_schema(schema)


def test_operations_take_their_messages_from_their_channel() -> None:
    for operation in document()["operations"].values():
        channel = operation["channel"]["$ref"]
        assert all(message["$ref"].startswith(f"{channel}/messages/") for message in operation["messages"])
        assert operation["action"] in {"send", "receive"}
    asked = {ask.name for ask in ASKS}
    answered = {name.partition(".answers.")[2] for name, operation in document()["operations"].items() if operation.get("reply")} - {""}
    assert answered == asked


@pytest.mark.parametrize("name", MESSAGES)
def test_examples_of_the_document_fit_its_schemas(name: str) -> None:
    message = document()["components"]["messages"][name]
    schema = {"$ref": message["payload"]["$ref"], "components": document()["components"]}

    for example in message["examples"]:
        assert [error.message for error in Draft7Validator(schema).iter_errors(example["payload"])] == []


def test_every_topic_but_the_dead_is_a_channel() -> None:
    alive = {topic.name for topic in every_topic() if not topic.name.endswith(".dead")}

    assert {channel["address"] for channel in document()["channels"].values()} == alive


def test_the_events_page_links_to_its_own_headings(files: dict[Path, str]) -> None:
    page = files[Path("docs/events.md")]
    headings = {heading.lower().replace(".", "").replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", page, flags=re.MULTILINE)}

    links = set(re.findall(r"\(#([^)]+)\)", page))

    assert links <= headings
    assert all(f"## {event.topic}\n" in page for event in EVENTS)
