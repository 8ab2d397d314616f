"""The OpenAPI document tells of each algorithm's hyperparameters what reading them takes."""

import json

import pytest

from libs.contracts.algorithms import ALGORITHMS
from tests.gateway.document import Document

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_hyperparameters_are_described_for_each_algorithm(document: Document) -> None:
    odd = [None, True, "", "gini", "sqrt", "balanced", -1, 0, 0.5, 1.5, 2, 3, 100, 5000, 10**9]
    asked = document.whole["components"]["schemas"]["ModelIn"]["properties"]["hyperparameters"]["anyOf"]

    for algorithm, reference in zip(ALGORITHMS.values(), asked, strict=True):
        name = reference["$ref"].rpartition("/")[2]
        fields = document.whole["components"]["schemas"][name]["properties"]
        assert name.lower() == f"{algorithm.name.replace('_', '').lower()}hyperparameters"
        assert list(fields) == list(algorithm.hyperparameters)
        for each in algorithm.hyperparameters.values():
            # A generated client sends defaults: it has none that some type of the algorithm's models would refuse.
            by_machine = each.default if set(algorithm.model_types) <= set(each.model_types) else None
            assert fields[each.name].get("default") == by_machine
            assert by_machine is not None or f"Default: {json.dumps(each.default)}." in fields[each.name]["description"]
            values = [*odd, *each.choices, each.default, each.minimum, each.maximum]
            assert [document.wrong(value, schema=fields[each.name]) == [] for value in values] == [each.takes(value) for value in values]
