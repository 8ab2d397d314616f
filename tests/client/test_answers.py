"""The answers' types read what a newer gateway says besides what is documented, and an older one that does not say all of it."""

import pytest
from pydantic import ValidationError

from modelbourse.answers import models
from modelbourse.answers.builder.registry import BuilderHistory
from modelbourse.answers.engine.registry import VersionHistory
from modelbourse.cli.measured import print_results
from tests.client.shown import shown


def test_a_word_that_a_newer_gateway_has_is_read_and_what_is_no_word_is_not() -> None:
    newer = shown(models.ModelDetails) | {"status": "QUARANTINED"}

    assert models.ModelDetails.model_validate(newer).as_json() == newer
    with pytest.raises(ValidationError):
        models.ModelDetails.model_validate(newer | {"status": 7})


def test_versions_of_a_gateway_from_before_there_were_stages_are_read_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    now = shown(models.ModelDetails)
    versions = [{key: value for key, value in each.items() if key not in {"stage", "aliases", "serves"}} for each in now["versions"]]
    older = now | {"versions": versions}

    model = models.ModelDetails.model_validate(older)
    print_results(model, job_id=None)

    assert model.as_json() == older
    assert [(each.stage, each.aliases, each.serves) for each in model.versions] == [("none", [], False)]
    assert "version 1.0, out of sample" in capsys.readouterr().out


@pytest.mark.parametrize("answer", [VersionHistory, BuilderHistory])
def test_a_history_of_a_gateway_from_before_refusals_were_kept_is_read(answer: type[VersionHistory | BuilderHistory]) -> None:
    older = {key: value for key, value in shown(answer).items() if key != "refused"}

    history = answer.model_validate(older)

    assert (history.as_json(), history.refused) == (older, [])
