"""Pages of models' versions: two of them beside each other, by what they measure and by what they were trained with."""

import pytest

from modelbourse.answers.versions import VersionDetails
from tests.gateway.engine.desk import Engineer
from tests.gateway.studio.doubles import measured
from tests.gateway.studio.reader import as_user, reader, text_of
from tests.gateway.studio.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_versions_are_compared_by_metrics_configuration_and_run_card(studio: World) -> None:
    # given a model that was trained twice, on another dataset and on later days the second time
    somebody, eve = await reader(studio), await reader(studio)
    user = as_user(studio, somebody)
    engineer = Engineer(studio, user)
    model = await engineer.made()
    here = f"/app/models/{model}"
    await engineer.trained(model)
    second = await engineer.queued(model, dataset_id="packaged_MSFT_1d")
    card = measured().run_card | {"rows": 4200, "learned_until": "2012-06-29T20:00:00Z"}
    await studio.training.complete(second, result=measured(accuracy=0.61).model_copy(update={"run_card": card}))
    await user.job_is(second, "COMPLETED")

    # when
    led = await somebody.open(here)
    page = await somebody.open(f"{here}/versions")
    same = text_of(await somebody.open(f"{here}/versions?a=1.1&b=1.1"))
    slip = text_of(await somebody.open(f"{here}/versions?a=1.9"))
    old = await user.get(f"/models/{model}/versions/1.0/")
    foreign = [(await eve.http.get(f"{here}/versions")).status_code]
    draft = text_of(await somebody.open(f"/app/models/{await user.make_model()}/versions"))

    # then
    assert f'href="{here}/versions"' in led
    text = text_of(page)
    assert "training_config.symbols what the other has not AAPL MSFT" in text
    assert "rows 4000 4200" in text
    assert '<time datetime="2012-06-29T20:00:00Z"' in page
    assert "learned_until" in text
    assert "seed" not in text
    assert same.count("The same.") == 2
    assert "has no version '1.9'. Did you mean" in slip
    assert foreign == [404]
    assert "No versions yet" in draft
    told = VersionDetails.model_validate(old)
    assert told.run_card
    assert (told.run_card["rows"], told.trained_with.algorithm, told.serves, told.reasons) == (4000, "RANDOM_FOREST", False, {})
