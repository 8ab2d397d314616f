"""A change of a contract that would break a reader or a writer is noticed, in words that say what and where."""

import json
from copy import deepcopy
from typing import Any

import pytest

from libs.contracts.compatibility import problems_between
from libs.contracts.schemas_of import RELEASED, every_message, schema_of
from libs.contracts.training import TrainingProgressed

MESSAGES = dict(every_message())
RELEASES = sorted(path for path in RELEASED.glob("*/*.json"))
OLD = schema_of("training.progressed", message=TrainingProgressed)


def test_there_is_a_release_to_be_held_against() -> None:
    assert RELEASES


@pytest.mark.parametrize("path", RELEASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_current_messages_go_together_with_released_ones(path: Any) -> None:
    assert path.stem in MESSAGES, f"{path.stem} was released and is gone: its readers wait for it"

    assert (
        problems_between(path.stem, released=json.loads(path.read_text()), current=schema_of(path.stem, message=MESSAGES[path.stem])) == []
    )


def changed(**fields: dict[str, Any] | None) -> dict[str, Any]:
    """Return the contract with these properties put in place; None takes one away."""
    new = deepcopy(OLD)
    for name, field in fields.items():
        if field is None:
            del new["properties"][name]
            new["required"] = [known for known in new["required"] if known != name]
        else:
            new["properties"][name] = field
    return new


def problems(new: dict[str, Any]) -> str:
    return "\n".join(problems_between("training.progressed", released=OLD, current=new))


def test_a_contract_goes_together_with_itself() -> None:
    assert problems(OLD) == ""


def test_a_field_with_a_default_may_be_added() -> None:
    assert problems(changed(mood={"type": "string", "default": "fine"})) == ""


def test_a_field_without_a_default_may_not() -> None:
    new = changed(mood={"type": "string"})
    new["required"] = [*new["required"], "mood"]

    assert problems(new) == "training.progressed: a current reader cannot read a released message: mood is needed and is not written"


def test_a_field_may_not_be_taken_away() -> None:
    assert problems(changed(stage=None)) == (
        "training.progressed: a released reader cannot read a current message: stage is needed and is not written"
    )


@pytest.mark.parametrize(
    ("field", "schema", "said"),
    [
        ("stage", {"type": "integer"}, "stage is string, and integer is read"),
        ("attempt", {"type": "number"}, "attempt is number, and integer is read"),
        ("progress", {"type": "integer", "minimum": 0, "maximum": 1000}, "progress is written with maximum 1000, and maximum 100 is read"),
        ("progress", {"type": "integer"}, "progress is written with minimum unlimited, and minimum 0 is read"),
        ("started_at", {"type": "string", "format": "date"}, "started_at is written with format date, and format date-time is read"),
        ("estimated_completion", {"type": "string", "format": "date-time"}, "estimated_completion is null, and string is read"),
        ("metrics", {"type": "object", "additionalProperties": {"type": "string"}}, "metrics.* is number, and string is read"),
        ("logs", {"type": "array", "items": {"type": "string"}}, "logs[] is object, and string is read"),
        ("stage", {"type": "string", "enum": ["fit"]}, "stage may be any string, and only fit is read"),
        ("stage", {}, "stage may be anything, and string is read"),
    ],
)
def test_a_field_may_not_change_its_type(field: str, schema: dict[str, Any], said: str) -> None:
    assert said in problems(changed(**{field: schema}))


def test_a_word_may_not_be_added_to_a_list_of_words() -> None:
    new = deepcopy(OLD)
    new["$defs"]["LogLine"]["properties"]["level"]["enum"].append("FATAL")

    assert problems(new) == (
        "training.progressed: a released reader cannot read a current message: logs[].level may be 'FATAL', which is not among the values that are read"
    )


def test_a_definition_may_be_renamed_as_names_do_not_travel() -> None:
    new = json.loads(json.dumps(OLD).replace("LogLine", "Line"))

    assert problems(new) == ""


def test_numbers_of_items_in_a_tuple_are_compared() -> None:
    pair = {"type": "object", "properties": {"p": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "number"}]}}}
    triple = {"type": "object", "properties": {"p": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "number"}, {}]}}}

    assert problems_between("x", released=pair, current=triple)
    assert problems_between("x", released=pair, current=pair) == []
