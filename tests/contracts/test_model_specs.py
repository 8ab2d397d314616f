"""What a model is made of, told apart by its kind."""

import pytest
from pydantic import JsonValue

from libs.contracts.examples import SPEC
from libs.contracts.model_specs import read_spec

DOCUMENT = SPEC.model_dump(mode="json")


def test_a_document_without_a_kind_or_with_none_is_of_a_market_model() -> None:
    assert read_spec({name: value for name, value in DOCUMENT.items() if name != "kind"}) == SPEC
    assert read_spec(DOCUMENT | {"kind": None}) == SPEC


@pytest.mark.parametrize("kind", ["policy", 5, ["policy"], {"policy": 2}])
def test_anything_else_there_is_kept_whole(kind: JsonValue) -> None:
    spec = {"kind": kind, "environment": {"type": "stock_trading"}}

    assert read_spec(spec).model_dump(mode="json") == spec
