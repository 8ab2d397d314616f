"""AI Studio's words: one for where a model stands, over its build, whether it is archived, and its listing; and all that a training may be asked for."""

from itertools import product
from typing import Any, Final, get_args

from pydantic import BaseModel

from libs.contracts.algorithms import ALGORITHMS
from libs.contracts.envelope import now
from libs.contracts.examples import SPEC
from libs.contracts.training import JobState
from libs.contracts.training_config import CheckedConfig
from modelbourse.answers import models as answers
from services.gateway.domain.models.model import ARCHIVED, Build, Listing, Model
from services.gateway.inbound.faces.ai_studio.words import MODEL_WORDS, STATE_WORDS, status_of

SAID: Final = {"description", "examples", "minimum", "maximum", "exclusiveMinimum", "minItems", "maxItems"}


def test_a_model_has_one_word_wherever_it_stands() -> None:
    at = now()
    models = [
        Model("model", "account", "Swing", "", SPEC, created_at=at, updated_at=at, build=build, is_archived=archived, listing=listing)
        for build, archived, listing in product(Build, (False, True), Listing)
    ]

    words = {
        (model.build, model.is_archived, model.listing): [word for word, where in MODEL_WORDS.items() if where.fits(model)]
        for model in models
    }

    assert {len(each) for each in words.values()} == {1}
    assert {status_of(model) for model in models if model.is_archived} == {"ARCHIVED"}
    assert words[Build.TRAINING, False, Listing.LISTED] == ["PUBLISHED"]
    assert words[Build.READY, False, Listing.IN_REVIEW] == ["COMPLETED"]


def test_every_state_that_a_refusal_may_name_has_a_word() -> None:
    assert set(STATE_WORDS) == {*Build, ARCHIVED, *JobState}


def form_of(kind: type[BaseModel]) -> Any:
    """Return types and defaults of a model's fields, without what is said of them and without their bounds."""

    def bare(schema: Any) -> Any:
        if isinstance(schema, list):
            return [bare(each) for each in schema]
        return {key: bare(value) for key, value in schema.items() if key not in SAID} if isinstance(schema, dict) else schema

    properties = kind.model_json_schema()["properties"]
    return {name: bare(schema) for name, schema in properties.items()}


def test_whatever_can_be_asked_of_a_training_can_be_answered() -> None:
    assert get_args(answers.AlgorithmName) == tuple(ALGORITHMS)
    assert list(answers.TrainingConfig.model_fields) == list(CheckedConfig.model_fields)
    # The client knows nothing of the contracts, so the fields stand in both: with the same types and defaults.
    assert form_of(answers.TrainingConfig) == form_of(CheckedConfig)
