"""A network is served in int8 where that was measured to answer as it does, whatever texts are asked about beside."""

import json

import numpy as np

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.text_precision import Int8Parity
from libs.contracts.texts import INT8
from libs.texts.serving.loading import load_text_model
from tests.training.texts.conftest import Learn, bytes_of
from tests.training.texts.headlines import headlines

ALIKE = Int8Parity(
    rows=60, max_probability_difference=0.1, mean_probability_difference=0.01, agreement=1.0, macro_f1=0.8, macro_f1_int8=0.8
)


def test_int8_is_compared_on_the_validation_rows_kept_beside_the_trained_weights_and_answers_a_text_alike_in_any_company(
    learn: Learn, store: Artifacts
) -> None:
    result = learn(headlines(330), job="job_int8")
    texts = [row["text"] for row in headlines(40, seed=9)]

    rounded, full = (load_text_model(store, result.artifact.sha256, int8=int8) for int8 in (True, False))
    here, there = (model.probabilities(model.read(texts)) for model in (rounded, full))
    alone = rounded.probabilities(rounded.read(texts[:1]))

    assert (result.served_precision, rounded.precision, full.precision) == ("int8", "int8", "fp32")
    assert result.int8 is not None
    assert (result.int8.rows, result.int8.problems) == (33, [])
    assert json.loads(bytes_of(result, "model/manifest.json", store=store))["files"].keys() >= {INT8, "model.onnx"}
    assert 0 < np.abs(here - there).max() < 0.05
    assert np.array_equal(alone[0], here[0])


def test_few_validation_rows_compare_nothing_and_a_form_that_answers_otherwise_is_told_by_how_much(learn: Learn) -> None:
    result = learn(num_epochs=1)

    assert (result.served_precision, result.int8) == ("fp32", None)
    assert "takes 30 validation rows, and there are 12" in result.reasons["int8"]
    assert f"model/{INT8}" not in result.files
    assert ALIKE.problems == []
    for name, value, said in (
        ("max_probability_difference", 0.3, "A probability differs by 0.3; at most 0.2 may be."),
        ("mean_probability_difference", 0.05, "Probabilities differ by 0.05 on average"),
        ("agreement", 0.95, "95.0% of the rows get the same label; at least 98% must."),
        ("macro_f1_int8", 0.7, "Macro F1 falls by 0.1, from 0.8"),
    ):
        assert [said in problem for problem in ALIKE.model_copy(update={name: value}).problems] == [True]
