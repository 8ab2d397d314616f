"""The answers' types read what a newer gateway says besides what is documented."""

import pytest
from pydantic import ValidationError

from modelbourse.answers import models
from tests.client.shown import shown


def test_a_word_that_a_newer_gateway_has_is_read_and_what_is_no_word_is_not() -> None:
    newer = shown(models.ModelDetails) | {"status": "QUARANTINED"}

    assert models.ModelDetails.model_validate(newer).as_json() == newer
    with pytest.raises(ValidationError):
        models.ModelDetails.model_validate(newer | {"status": 7})
