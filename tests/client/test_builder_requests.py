"""The client's Model Builder says all that the API takes, by the same names."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from modelbourse.builder import data, exports, keys, predictions, registry, scores, trainings
from services.gateway.inbound.faces.model_builder import data as data_in
from services.gateway.inbound.faces.model_builder import exports as exports_in
from services.gateway.inbound.faces.model_builder import keys as keys_in
from services.gateway.inbound.faces.model_builder import predictions as predictions_in
from services.gateway.inbound.faces.model_builder import registry as registry_in
from services.gateway.inbound.faces.model_builder import scores as scores_in
from services.gateway.inbound.faces.model_builder import trainings as trainings_in

# Of the client itself, or in the address.
OF_THE_CLIENT = {"gateway", "idempotency_key"}
IN_THE_ADDRESS = {"set_stage": {"name", "version"}}


@pytest.mark.parametrize(
    ("use", "body"),
    [
        (data.validate_data, data_in.ValidateDataIn),
        (data.report_data, data_in.ReportDataIn),
        (exports.export_model, exports_in.ExportIn),
        (exports.validate_export, exports_in.ValidationIn),
        (keys.generate_key, keys_in.BuilderKeyIn),
        (predictions.predict_texts, predictions_in.PredictTextsIn),
        (registry.register_model, registry_in.BuilderRegisterIn),
        (registry.set_stage, registry_in.BuilderStageIn),
        (scores.score_texts, scores_in.ScoreTextsIn),
        (trainings.start_training, trainings_in.TextTrainIn),
    ],
    ids=lambda each: each.__name__,
)
def test_each_use_takes_what_its_request_takes(use: Callable[..., Any], body: type[BaseModel]) -> None:
    said = set(inspect.signature(use).parameters) - OF_THE_CLIENT - IN_THE_ADDRESS.get(use.__name__, set())

    assert said == {field.alias or name for name, field in body.model_fields.items()}
