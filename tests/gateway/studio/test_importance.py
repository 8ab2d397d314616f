"""What a model rests on, through AI Studio's front door: features by rank, and two plots that a client may keep."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from libs.contracts.plots import Plot
from libs.contracts.training import TrainingResult
from services.gateway.domain.accounts.caller import Scope
from tests.gateway.studio.doubles import measured
from tests.gateway.studio.world import STUDIO, User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
PLOTS = ["feature-importance", "shap-summary"]


async def trained_as(studio: World, user: User, result: TrainingResult) -> str:
    """Return a model whose training measured this."""
    model_id = await user.make_model()
    job_id = await user.train(model_id)
    await studio.training.complete(job_id, result=result)
    await user.job_is(job_id, "COMPLETED")
    return model_id


def plot(model_id: str, name: str) -> str:
    return f"/models/{model_id}/plots/{name}.png"


async def if_none_match(user: User, path: str, tag: str) -> Any:
    return await user.http.get(f"{STUDIO}{path}", headers={"If-None-Match": tag})


async def test_features_come_by_rank_with_what_they_are_and_where_their_plots_lie(studio: World, ada: User) -> None:
    shares = {"macd_signal": 0.4, "rsi_14": 0.6}
    model_id = await trained_as(
        studio, ada, measured().model_copy(update={"feature_importance": shares, "plots": studio.training.drawn("a-job")})
    )

    body = await ada.get(f"/models/{model_id}/feature-importance/")

    assert list(body["feature_importance"]) == ["rsi_14", "macd_signal"]
    assert body["feature_importance"] == {
        "rsi_14": {"importance": 0.6, "rank": 1, "description": "14-period Relative Strength Index"},
        "macd_signal": {"importance": 0.4, "rank": 2, "description": "MACD Signal Line"},
    }
    assert body["importance_plot_url"] == f"{STUDIO}{plot(model_id, 'feature-importance')}"
    assert body["shap_summary_plot_url"] == f"{STUDIO}{plot(model_id, 'shap-summary')}"
    assert (body["model_version"], body["measured"]["scale"], body["measured"]["rows"]) == ("1.0", "probability", 800)
    assert (body["synthetic"], body["reasons"]) == (False, {})
    assert body["plots"] == {name: f"{STUDIO}{plot(model_id, name)}" for name in Plot}
    model = await ada.get(f"/models/{model_id}/")
    assert model["feature_importance"] == shares


async def test_the_urls_lead_to_pictures_that_a_client_may_keep(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    body = await ada.get(f"/models/{model_id}/feature-importance/")

    answers = [await ada.http.get(body[key]) for key in ("importance_plot_url", "shap_summary_plot_url")]

    for answer in answers:
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        assert Image.open(BytesIO(answer.content)).format == "PNG"
        assert int(answer.headers["content-length"]) == len(answer.content)
        assert answer.headers["cache-control"] == "private, no-cache"
        assert answer.headers["vary"] == "authorization"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert studio.training.artifacts.get(answer.headers["etag"].strip('"')) == answer.content
    assert answers[0].content != answers[1].content


@pytest.mark.parametrize("name", PLOTS)
async def test_who_has_a_picture_is_not_sent_it_again(studio: World, ada: User, name: str) -> None:
    model_id = await studio.trained(ada)
    tag = (await ada.call("GET", plot(model_id, name))).headers["etag"]

    known = [await if_none_match(ada, plot(model_id, name), given) for given in (tag, f'"other", W/{tag}', "*")]
    others = [await if_none_match(ada, plot(model_id, name), given) for given in ('"other"', tag.strip('"'), "", f'{tag[:-2]}"')]

    for answer in known:
        assert (answer.status_code, answer.content) == (304, b"")
        assert (answer.headers["etag"], answer.headers["cache-control"]) == (tag, "private, no-cache")
        assert "content-type" not in answer.headers
    assert [answer.status_code for answer in others] == [200] * 4
    assert {answer.headers["etag"] for answer in others} == {tag}


async def test_a_new_version_has_pictures_of_its_own_once_it_serves(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    old = await ada.call("GET", plot(model_id, "shap-summary"))
    job_id = await ada.train(model_id)
    meanwhile = await if_none_match(ada, plot(model_id, "shap-summary"), old.headers["etag"])

    await studio.training.complete(job_id)
    await ada.job_is(job_id, "COMPLETED")
    new = await if_none_match(ada, plot(model_id, "shap-summary"), old.headers["etag"])

    assert meanwhile.status_code == 304
    assert (new.status_code, new.headers["etag"] == old.headers["etag"]) == (200, False)
    assert (await ada.get(f"/models/{model_id}/feature-importance/"))["model_version"] == "1.1"


async def test_a_model_trained_before_there_were_plots_says_so(studio: World, ada: User) -> None:
    model_id = await trained_as(studio, ada, measured())

    body = await ada.get(f"/models/{model_id}/feature-importance/")
    answer = await ada.call("GET", plot(model_id, "shap-summary"))

    why = "Version 1.0 was trained before plots were drawn: train the model again to have them."
    assert body["feature_importance"]["rsi_14"]["rank"] == 1
    assert (body["importance_plot_url"], body["shap_summary_plot_url"]) == (None, None)
    plots = [f"plots.{name}" for name in Plot]
    assert body["reasons"] == dict.fromkeys(["importance_plot_url", "shap_summary_plot_url", *plots], why)
    assert (answer.status_code, answer.json()["error"]["code"], answer.json()["error"]["message"]) == (404, "RESOURCE_NOT_FOUND", why)


async def test_a_draft_has_nothing_and_says_why(ada: User) -> None:
    model_id = await ada.make_model()

    body = await ada.get(f"/models/{model_id}/feature-importance/")
    answer = await ada.call("GET", plot(model_id, "feature-importance"))

    nulls = [name for name, value in body.items() if value is None]
    assert set(nulls) == set(body) - {"reasons", "plots"}
    assert set(body["plots"].values()) == {None}
    assert body["reasons"] == dict.fromkeys([*nulls, *(f"plots.{name}" for name in body["plots"])], "The model has not been trained yet.")
    assert (answer.status_code, answer.json()["error"]["message"]) == (404, "The model has not been trained yet.")


async def test_shares_that_are_all_nothing_keep_the_models_order_and_their_reason(studio: World, ada: User) -> None:
    why = "no feature changes any prediction"
    still = measured().model_copy(
        update={"feature_importance": {"rsi_14": 0.0, "macd_signal": 0.0}, "reasons": {"feature_importance": why}}
    )
    model_id = await trained_as(studio, ada, still)

    body = await ada.get(f"/models/{model_id}/feature-importance/")

    assert [(name, each["rank"]) for name, each in body["feature_importance"].items()] == [("rsi_14", 1), ("macd_signal", 2)]
    assert body["reasons"]["feature_importance"] == why


async def test_a_picture_that_is_gone_from_the_store_is_missed_in_clear_words(studio: World, ada: User) -> None:
    drawn = {name: artifact.model_copy(update={"sha256": "0" * 64}) for name, artifact in studio.training.drawn("x").items()}
    model_id = await trained_as(studio, ada, measured().model_copy(update={"plots": drawn}))

    answer = await ada.call("GET", plot(model_id, "shap-summary"))

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "RESOURCE_NOT_FOUND")
    assert answer.json()["error"]["message"] == "The plot is no longer in the artifact store: train the model again to have it."


async def test_a_plot_is_its_owners_alone_whatever_the_other_one_knows(studio: World, ada: User, eve: User) -> None:
    model_id = await studio.trained(ada)
    tag = (await ada.call("GET", plot(model_id, "shap-summary"))).headers["etag"]

    answers = [await if_none_match(eve, plot(model_id, name), tag) for name in PLOTS]
    nobody = await studio.client().get(f"{STUDIO}{plot(model_id, 'shap-summary')}", headers={"If-None-Match": tag})

    assert [(answer.status_code, answer.json()["error"]["code"]) for answer in answers] == [(404, "RESOURCE_NOT_FOUND")] * 2
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}
    assert nobody.status_code == 401


async def test_a_key_without_the_scope_read_sees_no_plot(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    made = await ada.http.post("/auth/api-keys", json={"name": "predictor", "scopes": [Scope.PREDICT.value]})
    async with studio.client(headers={"Authorization": f"Bearer {made.json()['key']}"}) as http:
        answers = [await http.get(f"{STUDIO}/models/{model_id}/{end}") for end in ("feature-importance/", "plots/shap-summary.png")]

    assert [answer.status_code for answer in answers] == [403, 403]


@pytest.mark.parametrize("end", ["", "/"])
async def test_a_plots_address_is_good_with_and_without_a_slash(studio: World, ada: User, end: str) -> None:
    model_id = await studio.trained(ada)

    assert (await ada.call("GET", f"{plot(model_id, 'shap-summary')}{end}")).status_code == 200


async def test_training_is_told_the_models_name_for_its_plots(studio: World, ada: User) -> None:
    model_id = await ada.make_model(name="Momentum & more")

    request = await studio.training.heard(await ada.train(model_id))

    assert request.model_name == "Momentum & more"
