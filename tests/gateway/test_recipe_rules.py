"""What recipes inherit, how manifests differ, and which status may follow which."""

import hashlib
import json
from copy import deepcopy
from typing import Any

import pytest

from libs.chassis.errors import InvalidError
from libs.contracts.manifests.families import MANIFESTS, baseline_manifest
from libs.contracts.recipe_data import ShippedData
from libs.contracts.recipes import Family
from libs.contracts.shipped_data.families import ROLES, SHIPPED_DATA
from services.gateway.domain.recipes.inheritance import difference, merged, resolved
from services.gateway.domain.recipes.recipe import next_number

Json = dict[str, Any]
RELEASED = {
    "pricing": "6ca658fc73591bc7",
    "next_best_action": "abe4a34698d6657a",
    "location_scoring": "be2cbfc16b9b18ec",
    "forecasting": "e5f943e5d0efead2",
}
"""By family, the beginning of the SHA-256 of its baseline."""


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [  # The examples of RFC 7396, appendix A, whose target and patch are objects.
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        # Beyond it: what has another name begins anew.
        ({"a": {"name": "x", "b": {"c": 1}}}, {"a": {"name": "y", "b": {"d": 2}}}, {"a": {"name": "y", "b": {"d": 2}}}),
        ({"a": {"name": "x", "b": {"c": 1}}}, {"a": {"name": "x", "b": {"d": 2}}}, {"a": {"name": "x", "b": {"c": 1, "d": 2}}}),
    ],
)
def test_a_manifest_is_a_merge_patch_over_its_parents(target: Json, patch: Json, result: Json) -> None:
    before = deepcopy(target)

    assert merged(target, patch) == result
    assert target == before


def test_a_difference_says_all_that_leads_from_one_manifest_to_the_other() -> None:
    before = {"a": 1, "b": {"c": [1, 2], "d/e": "x"}, "f": True}
    after = {"a": 1.5, "b": {"c": [2, 1], "~g": {}}, "f": 1}

    found = list(difference(before, after))

    assert found == [
        {"op": "replace", "path": "/a", "from": 1, "to": 1.5},
        {"op": "replace", "path": "/b/c", "from": [1, 2], "to": [2, 1]},
        {"op": "remove", "path": "/b/d~1e", "from": "x", "to": None},
        {"op": "add", "path": "/b/~0g", "from": None, "to": {}},
        {"op": "replace", "path": "/f", "from": True, "to": 1},
    ]
    assert list(difference(after, after)) == []


def test_a_new_version_moves_the_minor_number() -> None:
    assert [next_number("1.0.0"), next_number("1.9.0"), next_number("2.10.3")] == ["1.1.0", "1.10.0", "2.11.0"]


@pytest.mark.parametrize("family", MANIFESTS)
def test_the_platforms_baselines_are_written_out_so_that_no_new_default_changes_what_was_released(family: Family) -> None:
    written = baseline_manifest(family)

    # A key that a later release brings may be added; what is written stays as it is.
    assert {each["op"] for each in difference(written, resolved(written, family=family, field="manifest"))} <= {"add"}
    assert written["learner"]["hyperparameters"]
    # What has been released never changes: a better one is another version, in a file of its own.
    assert hashlib.sha256(json.dumps(written, sort_keys=True).encode()).hexdigest()[:16] == RELEASED[family]
    assert written["data"]["source"].startswith("shipped:")


@pytest.mark.parametrize("family", MANIFESTS)
def test_a_mistake_is_told_by_its_place_and_its_json_pointer(family: Family) -> None:
    wrong = {"data": {"source": "shipped:x", "filters": [{"column": "a", "valeu": 1}]}, "evaluaton": {}, "split": {"folds": 1}}

    with pytest.raises(InvalidError) as refusal:
        resolved(wrong, family=family, field="manifest")

    told = refusal.value.details
    assert told["manifest.data.filters.0.valeu"][0].endswith("there are column, op, value. Did you mean 'value'?")
    assert told["manifest.evaluaton"][0].endswith("Did you mean 'evaluation'?")
    assert told["manifest.split.folds"][0].startswith("/split/folds: ")
    assert {"manifest.data.filters.0.value"} <= told.keys()


@pytest.mark.parametrize("data", SHIPPED_DATA.values(), ids=lambda data: data.name)
def test_what_is_to_be_told_is_no_feature_and_a_column_plays_one_role(data: ShippedData) -> None:
    withheld = [role.name for role in ROLES[data.family] if role.withheld and role.name in data.roles]
    answer, twice = withheld[-1], next(role for role in data.roles if role != withheld[-1])
    source = {"source": f"shipped:{data.name}"}

    with pytest.raises(InvalidError, match=f"plays the role `{answer}`: it is what is to be told") as learned:
        resolved({"data": source, "features": [data.roles[answer]]}, family=data.family, field="manifest")
    with pytest.raises(InvalidError, match="too: a column plays one") as shared:
        resolved({"data": {**source, "columns": {twice: data.roles[answer]}}}, family=data.family, field="manifest")

    assert list(learned.value.details) == ["manifest.features.0"]
    assert any(field.startswith("manifest.data.columns.") for field in shared.value.details)
