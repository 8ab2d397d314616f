"""Pages of monitoring as a reader without scripts meets them: a model of whatever kind, and the open alerts of all."""

from datetime import timedelta

import pytest

from services.gateway.inbound.pages.face import LIBRARY
from tests.gateway.studio import registered_texts
from tests.gateway.studio.reader import as_user, reader, text_of
from tests.gateway.studio.recipe_runs import registered
from tests.gateway.studio.watching import BEGAN, found, taken
from tests.gateway.studio.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_models_watch_is_shown_beside_its_reference_snapshot_by_snapshot(studio: World) -> None:
    # given a model that was looked at twice: fine at first, then one of its features has moved
    somebody = await reader(studio)
    user = as_user(studio, somebody)
    one = await studio.trained(user, name="Watched")
    place = f"/app/monitoring/{one}"
    nothing = text_of(await somebody.open(place))
    healthy = await taken(studio, user, one, found(), at=BEGAN)
    await taken(studio, user, one, found(rsi=0.5), at=BEGAN + timedelta(minutes=1))

    # when
    page = await somebody.open(place)
    before = text_of(await somebody.open(f"{place}?snapshot={healthy['id']}"))
    asked = await somebody.send(place, action="look", start="2012-01-02")
    after = text_of(await somebody.open(place))
    wrong = await somebody.send(place, action="look", start="soon")

    # then
    shown = text_of(page)
    assert "No alert is open." in nothing
    assert "Nobody has looked at it yet." in nothing
    assert "Newest snapshot" in shown
    assert "Estimated (CBPE)" in shown
    assert "0.4100" in shown
    assert "rsi_14 has a population stability index of 0.5" in shown
    assert page.count("<mb-chart") >= 2
    assert "The newest" in before
    assert "Newest snapshot" not in before
    assert asked.status_code == 303
    assert "A snapshot is being computed" in after
    assert wrong.status_code >= 400


async def test_models_of_every_kind_are_watched_on_one_page_and_their_alerts_listed_on_another(studio: World) -> None:
    # given a model of candles, one of texts and one of a recipe, of which the second has lost most
    somebody, other = await reader(studio), await reader(studio)
    user = as_user(studio, somebody)
    market, shelf = await studio.trained(user, name="Momentum"), await registered(user)
    job_id = await registered_texts.trained(studio, user)
    text = (await user.http.get(f"/api/v1/training/{job_id}")).json()["data"]["model_id"]
    none = text_of(await somebody.open("/app/monitoring"))
    await user.http.put(f"/api/ml-development/models/{text}/monitoring/rules", json={"data": "data/news.json"})
    await taken(studio, user, market, found(rsi=0.5), at=BEGAN)
    await taken(studio, user, text, found(accuracy=0.2), at=BEGAN)

    # when
    listed, dashboard = await somebody.open("/app/monitoring"), await somebody.open("/app")
    at = {name: f"/app/monitoring/{model}" for name, model in (("market", market), ("text", text), ("recipe", shelf))}
    watched = {name: await somebody.open(path) for name, path in at.items()}
    pages = {"market": f"/app/models/{market}", "text": f"/app/texts/trainings/{job_id}", "recipe": f"{LIBRARY}/models/{shelf}"}

    # then
    assert "No alert is open" in none
    assert listed.index("accuracy is estimated as 0.2") < listed.index("rsi_14 has a population stability index of 0.5")
    assert f'<a href="{at["text"]}">' in listed
    assert f'<a href="{at["market"]}">Momentum</a>' in dashboard
    for name, page in pages.items():
        assert f'href="{page}">The model' in watched[name]
        assert f'href="{at[name]}">Monitoring' in await somebody.open(page)
        await other.open(at[name], status=404)
