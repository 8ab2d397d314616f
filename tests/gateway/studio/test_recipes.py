"""Stories of recipes in ML Development: levels that inherit, versions that never change, approval, clones, and what is refused."""

import json
from typing import Any

import pytest

from libs.contracts.ids import new_id
from libs.contracts.recipes import FAMILIES
from services.gateway.domain.accounts.account import Tier
from tests.gateway.studio.recipe_runs import FACE, answered, call, registered, started
from tests.gateway.studio.recipes import SHIPPED, made, refused, version
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_each_family_has_an_approved_baseline_of_the_platforms_that_nobody_changes(ada: User) -> None:
    listed = await answered(ada, "GET", "/recipes?level=baseline&status=approved")
    one = await answered(ada, "GET", f"/recipes/{SHIPPED}?resolved=true")
    only = await answered(ada, "GET", f"/recipes/{SHIPPED}/versions")
    shown = await answered(ada, "GET", f"/recipes/{SHIPPED}/versions/ver_pricing_base_v1")
    changes = [
        await refused(ada, "PUT", f"/recipes/{SHIPPED}", {"name": "Mine"}),
        await refused(ada, "DELETE", f"/recipes/{SHIPPED}"),
        await refused(ada, "POST", f"/recipes/{SHIPPED}/versions", {"manifest_json": {}}),
    ]

    assert ([each["model_family"] for each in listed["recipes"]], listed["total"]) == (list(FAMILIES), 4)
    assert all(each["is_shipped"] and each["parent_id"] is None for each in listed["recipes"])
    assert (only["total"], only["versions"], shown["created_by"], shown["diff_from_prev"]) == (1, [shown], "system", None)
    assert one["resolved_manifest"] == shown["resolved_manifest"]
    assert one["resolved_manifest"]["data"]["source"].startswith("shipped:")
    assert {status for status, _ in changes} == {409}
    assert all("clone it" in detail for _, detail in changes)


async def test_a_recipe_moves_by_its_table_and_what_is_archived_comes_back_as_a_clone(ada: User) -> None:
    recipe = await made(ada)
    path = f"/recipes/{recipe['id']}"

    approved = await answered(ada, "PUT", path, {"status": "approved"})
    back = await refused(ada, "PUT", path, {"status": "draft"})
    renamed = await answered(ada, "PUT", path, {"name": " Shelves ", "tags": ["a", "a", "b"]})
    archived = await answered(ada, "PUT", path, {"status": "archived"})
    again = await refused(ada, "PUT", path, {"status": "approved"})
    late = await refused(ada, "POST", f"{path}/versions", {"manifest_json": {}})
    clone = await answered(ada, "POST", f"{path}/clone?name=Back%20again")
    lives = await answered(ada, "PUT", f"/recipes/{clone['id']}", {"status": "approved"})

    assert (approved["status"], archived["status"], lives["status"]) == ("approved", "archived", "approved")
    assert back == (
        400,
        "Invalid status value: the recipe is approved, and cannot become draft; it may become archived.",
    )
    assert (again[0], late[0]) == (400, 400)
    assert (renamed["name"], renamed["tags"]) == ("Shelves", ["a", "b"])
    assert (clone["status"], clone["parent_id"], clone["level"], clone["tags"]) == ("draft", recipe["id"], "client", ["a", "b"])


async def test_approval_is_of_a_version_and_one_that_is_added_later_waits_for_its_own(ada: User) -> None:
    recipe = await made(ada)
    path = f"/recipes/{recipe['id']}"

    approved = await answered(ada, "PUT", path, {"status": "approved"})
    later = await version(ada, recipe["id"], {"seed": 12})
    waits = await answered(ada, "GET", path)
    renamed = await answered(ada, "PUT", path, {"name": "Other shelves"})
    again = await answered(ada, "PUT", path, {"status": "approved"})
    shipped = await answered(ada, "GET", f"/recipes/{SHIPPED}")

    numbers = [each["approved_version_number"] for each in (recipe, approved, waits, renamed, again, shipped)]
    assert numbers == [None, "1.0.0", "1.0.0", "1.0.0", "1.1.0", "1.0.0"]
    assert (approved["approved_version_id"], again["approved_version_id"]) == (recipe["version_id"], later["version_id"])
    assert waits["notes"] == ["Its newest version, 1.1.0, has not been approved: version 1.0.0 was."]
    assert [each["notes"] for each in (recipe, approved, again, shipped)] == [[]] * 4


async def test_what_is_approved_rests_on_what_is_approved(ada: User) -> None:
    base = await made(ada, level="baseline")
    child = await made(ada, level="industry", parent_id=base["id"])

    early = await refused(ada, "PUT", f"/recipes/{child['id']}", {"status": "approved"})
    never = await made(ada, level="baseline")
    other = await made(ada, level="industry", parent_id=never["id"])
    await answered(ada, "PUT", f"/recipes/{never['id']}", {"status": "archived"})
    round_about = await refused(ada, "PUT", f"/recipes/{other['id']}", {"status": "approved"})
    await answered(ada, "PUT", f"/recipes/{base['id']}", {"status": "approved"})
    then = await answered(ada, "PUT", f"/recipes/{child['id']}", {"status": "approved"})

    assert early == (400, f"Invalid status value: {base['id']}, which it inherits from, is a draft: approve that first.")
    assert round_about[0] == 400
    assert "was archived as a draft" in round_about[1]
    assert then["status"] == "approved"


async def test_words_outside_their_enum_and_ids_that_disagree_are_400_and_other_mistakes_422(ada: User) -> None:
    body = {"name": "A", "model_family": "prcing", "level": "client"}
    recipe = await made(ada)

    family = await refused(ada, "POST", "/recipes", body)
    query = await refused(ada, "GET", "/recipes?status=aproved")
    level = await refused(ada, "POST", "/recipes", body | {"model_family": "pricing", "level": "industrial"})
    other = await refused(ada, "POST", f"/recipes/{recipe['id']}/versions", {"recipe_id": SHIPPED, "manifest_json": {}})
    nameless = await refused(ada, "POST", "/recipes", {"model_family": "pricing", "level": "client"})
    strange = await refused(ada, "PUT", f"/recipes/{recipe['id']}", {"manifest": {}})
    page = await refused(ada, "GET", "/recipes?limit=501")
    unclonable = await refused(ada, "POST", f"/recipes/{recipe['id']}/clone")

    assert family[0] == query[0] == level[0] == other[0] == 400
    assert family[1].startswith("Invalid model_family value: 'prcing' is not one of pricing, next_best_action")
    assert family[1].endswith("Did you mean 'pricing'?")
    assert query[1].startswith("Invalid status value: 'aproved'")
    assert nameless == (422, [{"loc": ["body", "name"], "msg": "This field is required", "type": "value_error.missing"}])
    assert (strange[0], page[0], page[1][0]["loc"]) == (422, 422, ["query", "limit"])
    assert (unclonable[0], unclonable[1][0]["loc"]) == (422, ["query", "name"])


async def test_lists_choose_by_family_level_status_tag_and_name_and_show_the_platforms_own_first(studio: World) -> None:
    user = await studio.user()
    for number, (family, level) in enumerate((("pricing", "client"), ("forecasting", "industry"), ("pricing", "industry"))):
        await made(user, name=f"Café {number}", model_family=family, level=level, tags=["all", f"t{number}"])

    async def names(query: str) -> tuple[list[str], int]:
        found = await answered(user, "GET", f"/recipes?{query}")
        return [each["name"] for each in found["recipes"]], found["total"]

    everything = await answered(user, "GET", "/recipes")
    assert (await names("tag=all"))[0] == ["Café 2", "Café 1", "Café 0"]
    assert await names("model_family=pricing&level=industry") == (["Café 2"], 1)
    assert await names("search=CAFÉ&limit=1&offset=1") == (["Café 1"], 3)
    assert await names("tag=t0&status=draft") == (["Café 0"], 1)
    assert [await names(f"search={sign}") for sign in ("%5Ba-z%5D", "%00")] == [([], 0)] * 2
    assert everything["total"] == 7
    walked = [(await names(f"limit=3&offset={offset}"))[0] for offset in (0, 3, 6, 9)]
    assert [name for part in walked for name in part] == [each["name"] for each in everything["recipes"]]
    assert [each["is_shipped"] for each in everything["recipes"]] == [True] * 4 + [False] * 3


async def test_the_same_request_makes_one_recipe_one_clone_and_one_version(ada: User) -> None:
    body = {"name": "Once", "model_family": "pricing", "level": "client", "tags": [new_id("tag")[:40]]}
    key = {"Idempotency-Key": new_id("key")}

    twice = [await call(ada, "POST", "/recipes", body, headers=key) for _ in range(2)]
    recipe = twice[0].json()
    found = await answered(ada, "GET", f"/recipes?tag={body['tags'][0]}")

    assert twice[1].json() == recipe
    assert found["total"] == 1


async def test_a_recipe_that_something_was_made_of_stays_and_one_that_is_free_goes_with_its_versions(ada: User) -> None:
    base = await made(ada, level="baseline")
    child = await made(ada, level="industry", parent_id=base["id"])
    model = await registered(ada, recipe_id=child["id"], recipe_version_id=child["version_id"])

    inherited = await refused(ada, "DELETE", f"/recipes/{base['id']}")
    used = await refused(ada, "DELETE", f"/recipes/{child['id']}")
    free = await made(ada)
    run = await started(ada, recipe_id=free["id"], recipe_version_id=free["version_id"])
    at_work = await refused(ada, "DELETE", f"/recipes/{free['id']}")
    await answered(ada, "DELETE", f"/runs/{run['id']}")
    gone = await call(ada, "DELETE", f"/recipes/{free['id']}")
    after = [await refused(ada, "GET", f"/recipes/{free['id']}{path}") for path in ("", "/versions", f"/versions/{free['version_id']}")]
    twice = await refused(ada, "DELETE", f"/recipes/{free['id']}")

    assert model.startswith("model_")
    assert inherited == (400, "The recipe is used by 1 recipe that inherits from it: archive it instead.")
    assert used == (400, "The recipe is used by 1 model: archive it instead.")
    assert at_work == (400, "The recipe is used by 1 run: archive it instead.")
    assert (gone.status_code, gone.content) == (204, b"")
    assert [status for status, _ in (*after, twice)] == [404] * 4
    assert after[0][1] == "Recipe not found"


async def test_another_accounts_recipe_is_none(ada: User, eve: User) -> None:
    recipe = await made(ada)
    path = f"/recipes/{recipe['id']}"
    one = f"{path}/versions/{recipe['version_id']}"

    told = [
        await refused(eve, "GET", path),
        await refused(eve, "GET", f"{path}/versions"),
        await refused(eve, "GET", one),
        await refused(eve, "PUT", path, {"status": "approved"}),
        await refused(eve, "DELETE", path),
        await refused(eve, "POST", f"{path}/clone?name=Theirs"),
        await refused(eve, "POST", f"{path}/versions", {"manifest_json": {}}),
        await refused(eve, "POST", "/recipes", {"name": "A", "model_family": "pricing", "level": "client", "parent_id": recipe["id"]}),
        await refused(eve, "POST", "/models", {"name": "A", "recipe_id": recipe["id"], "recipe_version_id": recipe["version_id"]}),
        await refused(ada, "GET", f"{path}/versions/{new_id('ver')}"),
    ]

    assert [status for status, _ in told] == [404] * len(told)
    assert told[-1][1] == "Recipe version not found"
    assert (await answered(ada, "GET", path))["status"] == "draft"


async def test_a_tier_has_so_many_recipes(studio: World) -> None:
    user = await studio.user(tier=Tier.FREE)
    await made(user)

    (limit,) = [each for name, each in (await user.get("/compute/limits/"))["limits"].items() if name == "recipes"]

    assert (limit["limit"], limit["used"], limit["more_on"]) == (50, 1, "pro")


async def test_what_happens_to_a_recipe_is_told_in_order(studio: World, ada: User) -> None:
    recipe = await made(ada, tags=["news"])
    await version(ada, recipe["id"], {"seed": 2})
    for change in ({"name": "Other"}, {"status": "approved"}, {"status": "approved"}, {"status": "archived"}):
        await answered(ada, "PUT", f"/recipes/{recipe['id']}", change)
    await call(ada, "DELETE", f"/recipes/{recipe['id']}")

    async def all_told() -> bool:
        return len(studio.events("recipe.changed", key=recipe["id"])) == 6

    await until(all_told, what="all is told")
    told = [each["body"] for each in studio.events("recipe.changed", key=recipe["id"])]
    assert [each["change"] for each in map(_read, told)] == ["created", "version_added", "updated", "approved", "archived", "deleted"]
    assert [each["sequence"] for each in map(_read, told)] == [1, 2, 3, 4, 5, 6]
    last = _read(told[-1])
    assert (last["account_id"], last["name"], last["version_number"], last["tags"]) == (ada.account_id, "Other", "1.1.0", ["news"])


async def test_strangers_share_an_account_where_they_are_let_in(studio: World) -> None:
    async with studio.client() as stranger:
        shown = await stranger.get(f"{FACE}/recipes/{SHIPPED}")
        clone = await stranger.post(f"{FACE}/recipes/{SHIPPED}/clone", params={"name": "A stranger's"})
        again = await stranger.get(f"{FACE}/recipes/{clone.json()['id']}")

    assert (shown.status_code, clone.status_code, again.json()) == (200, 201, clone.json())


def _read(body: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body)
    return found
