"""Tree arrays: kept in a file without pickle, and refused when compiled code could not trust them."""

from dataclasses import replace

import numpy as np
import pytest

from libs.quant.trees import BadTreesError, TreeEnsemble, assemble
from tests.quant.grown import drawn, rows_for


def test_an_ensemble_is_read_back_as_it_was_written() -> None:
    ensemble = drawn(5, features=4, trees=3, depth=5, outputs=3)
    rows = rows_for(5, many=10, features=4)

    again = TreeEnsemble.from_bytes(ensemble.to_bytes())

    assert np.array_equal(again.predict(rows), ensemble.predict(rows))
    assert again.n_outputs == 3
    assert again.n_trees == 3


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("right", 10**6, "outside its tree"),
        ("left", 0, "not the node after"),
        ("feature", 4, "not there"),
        ("threshold", np.nan, "not finite"),
        ("cover", -1.0, "negative"),
    ],
)
def test_arrays_that_point_outside_are_refused(field: str, value: float, complaint: str) -> None:
    ensemble = drawn(5, features=4, trees=3, depth=5)
    broken = np.array(getattr(ensemble, field))
    broken[int(np.flatnonzero(ensemble.feature >= 0)[0])] = value

    with pytest.raises(BadTreesError, match=complaint):
        TreeEnsemble.from_bytes(replace(ensemble, **{field: broken}).to_bytes())


def test_no_tree_is_no_ensemble() -> None:
    with pytest.raises(BadTreesError, match="no tree"):
        assemble([], base=np.zeros(1), n_features=1)
