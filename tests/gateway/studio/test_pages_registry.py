"""The registry's pages as a reader without scripts meets them: what the gate refuses is said there in its words."""

import pytest

from services.gateway.domain.accounts.account import Role
from tests.gateway.studio import registered_texts
from tests.gateway.studio.reader import as_user, reader, text_of
from tests.gateway.studio.recipe_runs import answered, started
from tests.gateway.studio.recipe_runs import registered as recipe_model
from tests.gateway.studio.registering import promote, registered, trained
from tests.gateway.studio.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
REGISTRY = "/app/registry"
PAGE = f"{REGISTRY}/desk-tft"
RULES = {"metric.0": "sharpe_ratio", "op.0": ">", "against.0": "production", "value.0": "0.1", "metric.1": "", "approval": "none"}


async def test_a_version_is_registered_and_refused_by_its_gate_in_numbers(studio: World) -> None:
    # given two trained models
    somebody = await reader(studio)
    ada = as_user(studio, somebody)
    first, second = await trained(studio, ada, sharpe=0.5), await trained(studio, ada, sharpe=0.4, accuracy=0.7)
    empty = text_of(await somebody.open(REGISTRY))

    # when they are registered, and the gate asks for more than the second has
    wrong = await somebody.send(REGISTRY, action="register", model_name="no spaces", model_id=first, metrics="{")
    made = await somebody.send(REGISTRY, action="register", model_name="desk-tft", model_id=first, tags="one, two", metrics='{"mcc": 0.4}')
    further = await somebody.send(PAGE, action="register", model_id=second, description="More features")
    no_metric = await somebody.send(PAGE, action="gate", **RULES | {"metric.0": "", "metric.1": "sharp_ratio", "op.1": ">", "value.1": "1"})
    ruled = await somebody.send(PAGE, action="gate", **RULES)
    promoted = await somebody.send(PAGE, action="move", version="1", status="production", comment="It trades")
    refused = await somebody.send(f"{PAGE}/versions/2", action="move", status="production")
    unknown = await somebody.send(PAGE, action="move", version="9", status="production")
    standing = text_of(await somebody.open(f"{PAGE}/versions/2"))
    found, nothing = await somebody.open(f"{REGISTRY}?search=DESK"), await somebody.open(f"{REGISTRY}?search=disk")
    first_of_all = await somebody.open(f"{PAGE}/versions/1")

    # then
    assert "No names yet" in empty
    assert (wrong.status_code, made.status_code, further.status_code, ruled.status_code, promoted.status_code) == (422, 303, 303, 303, 303)
    assert made.headers["location"] == f"{PAGE}/versions/1"
    assert no_metric.status_code == 422
    assert 'id="metric.1-wrong"' in no_metric.text
    assert "did you mean" in text_of(no_metric.text).lower()
    assert refused.status_code == 409
    assert "sharpe_ratio is 0.4: must be > 0.6" in text_of(refused.text)
    assert "Sharpe ratio 0.4000 > 0.6000 Fails" in standing
    assert "Registered Production Refused sharpe_ratio is 0.4: must be > 0.6" in standing
    assert "Refused promotions" not in first_of_all
    assert (f'href="{PAGE}"' in found, 'value="DESK"' in found) == (True, True)
    assert (f'href="{PAGE}"' in nothing, "No name has this in it." in text_of(nothing)) == (False, True)
    assert 'name="version" type="number" value="9"' in unknown.text
    assert '<option value="production" selected>' in unknown.text
    assert "It trades" in text_of(first_of_all)
    assert f'href="/app/models/{first}"' in first_of_all
    assert "The platform Reported" in text_of(first_of_all)


async def test_versions_are_promoted_named_compared_and_rolled_back(studio: World) -> None:
    # given two versions, of which one is in production
    somebody, other = await reader(studio), await reader(studio)
    ada, page = as_user(studio, somebody), f"{REGISTRY}/back-and-forth"
    await registered(ada, "back-and-forth", await trained(studio, ada))
    await registered(ada, "back-and-forth", await trained(studio, ada, accuracy=0.7))
    await promote(ada, "back-and-forth", 1)

    # when the other is promoted and named, and all is rolled back
    await somebody.send(f"{page}/versions/2", action="move", status="production", comment="Better")
    aliased = await somebody.send(page, action="alias", alias="champion", version="2")
    named = text_of(await somebody.open(page))
    compared = text_of(await somebody.open(f"{page}/compare?a=1&b=2"))
    described = await somebody.send(f"{page}/versions/2", action="describe", description="More features", tags="one, two")
    back = await somebody.send(page, action="rollback")
    await somebody.send(page, action="no_alias", alias="champion")
    after = text_of(await somebody.open(page))
    card = await somebody.http.get(f"{page}/versions/1/card.html")
    markdown = await somebody.http.get(f"{page}/versions/1/card.md")

    # then
    assert (aliased.status_code, described.status_code, back.status_code) == (303, 303, 303)
    assert "In production version 2" in named
    assert "Version 1 answers again, in place of version 2." in named
    assert "champion version 2" in named
    assert "Accuracy 0.5000 0.7000 +0.2000 version 2" in compared
    assert "In production version 1" in after
    assert "More features" in after
    assert "None. By back-and-forth@champion" in after
    assert "text/html" in card.headers["content-type"]
    assert markdown.text.startswith("# back-and-forth")
    for path in (page, f"{page}/versions/1", f"{page}/compare", f"{page}/versions/1/card.html"):
        await other.open(path, status=404)


async def test_what_rests_on_a_report_says_so_wherever_it_is_shown(studio: World) -> None:
    # given a recipe's model whose figures an outside worker has reported, under a name that an admin agrees to
    somebody, root = await reader(studio), await reader(studio, Role.ADMIN)
    ada, page = as_user(studio, somebody), f"{REGISTRY}/shelf-prices"
    model = await recipe_model(ada, name="Shelf prices")
    run = await started(ada, model_id=model)
    await answered(ada, "PUT", f"/runs/{run['id']}", {"status": "succeeded", "metrics_json": {"revenue_lift": 0.5}})
    await answered(ada, "PUT", f"/models/{model}", {"status": "staging"})
    await somebody.send(page, action="gate", approval="admin")

    # when it is to go into production
    await answered(ada, "PUT", f"/models/{model}", {"status": "production"})
    desk = text_of(await root.open("/app/admin/registry"))
    at = {"account_id": (await ada.http.get("/auth/me")).json()["id"], "model_name": "shelf-prices", "version": "1"}
    await root.send("/app/admin/registry", action="approve", **at)
    listed, named, version = [await somebody.open(path) for path in (REGISTRY, page, f"{page}/versions/1")]

    # then
    assert "Reported Nobody has checked these figures, and no gate looks at them. Revenue lift 0.5000" in desk
    assert "version 1 Reported" in text_of(listed)
    assert "version 1 its figures are reported" in text_of(named)
    assert "Production Serves Approved Reported" in text_of(version)
    assert f'href="/model-development/models/{model}"' in version


async def test_a_version_of_a_model_of_texts_leads_to_its_training(studio: World) -> None:
    somebody = await reader(studio)
    ada = as_user(studio, somebody)
    job_id = await registered_texts.trained(studio, ada)
    run = {"model_path": f"runs:/{job_id}/model", "run_id": job_id, "name": "news", "stage": "None"}
    await registered_texts.ask(ada, "POST", "/registry/register", run, status=201)

    version = await somebody.open(f"{REGISTRY}/news/versions/1")

    assert f'href="/app/texts/trainings/{job_id}"' in version
    assert "Macro F1 0.7000" in text_of(version)


async def test_an_admin_agrees_to_a_promotion_on_a_desk_of_its_own(studio: World) -> None:
    # given a name whose promotions an admin agrees to
    somebody, root = await reader(studio), await reader(studio, Role.ADMIN)
    ada = as_user(studio, somebody)
    model_id = await trained(studio, ada)
    page, desk = f"{REGISTRY}/watched-desk", "/app/admin/registry"
    await somebody.send(REGISTRY, action="register", model_name="watched-desk", model_id=model_id)
    await somebody.send(page, action="gate", approval="admin")
    at = {"account_id": (await ada.http.get("/auth/me")).json()["id"], "model_name": "watched-desk", "version": "1"}

    # when
    await somebody.send(page, action="move", version="1", status="production")
    waiting = text_of(await somebody.open(f"{page}/versions/1"))
    asked = text_of(await root.open(desk))
    declined = await root.send(desk, action="decline", note="Not before the report.", **at)
    told = text_of(await somebody.open(f"{page}/versions/1"))
    await somebody.send(page, action="move", version="1", status="production")
    approved = await root.send(desk, action="approve", **at)
    released = await root.send(desk, action="release", **at)

    # then
    assert "Its promotion waits until an admin agrees." in waiting
    assert "watched-desk, version 1" in asked
    assert (declined.status_code, approved.status_code, released.status_code) == (303, 303, 303)
    assert "Declined: Not before the report." in told
    assert "In production version 1" in text_of(await somebody.open(page))
    await somebody.open(desk, status=403)
