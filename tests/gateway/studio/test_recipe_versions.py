"""Stories of manifests in ML Development: levels that inherit, versions that never change and tell how they differ, mistakes."""

import asyncio

import pytest

from libs.contracts.recipes import FAMILIES
from tests.gateway.studio.recipe_runs import answered, call
from tests.gateway.studio.recipes import SHIPPED, made, refused, version
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_recipe_inherits_through_its_levels_and_a_version_stays_when_its_parent_goes_on(ada: User) -> None:
    base = await made(ada, level="baseline", manifest={"seed": 1, "split": {"test_fraction": 0.3, "folds": 4}})
    retail = await made(ada, level="industry", parent_id=base["id"], manifest={"split": {"test_fraction": 0.2}})
    shop = await made(ada, level="client", parent_id=retail["id"], manifest={"seed": 3, "split": {"folds": None}})

    first = await answered(ada, "GET", f"/recipes/{shop['id']}/versions/{shop['version_id']}")
    await version(ada, base["id"], {"seed": 2, "evaluation": {"confidence": 0.8}})
    newer = await version(ada, retail["id"], {"split": {"test_fraction": 0.2}})
    kept = await answered(ada, "GET", f"/recipes/{shop['id']}/versions/{shop['version_id']}")
    later = await version(ada, shop["id"], {"seed": 3}, change_note="With what retail has now", created_by="Desk")
    whole = await answered(ada, "GET", f"/recipes/{shop['id']}?resolved=true")

    assert (first["resolved_manifest"]["seed"], first["resolved_manifest"]["split"]["test_fraction"]) == (3, 0.2)
    assert first["resolved_manifest"]["split"]["folds"] == 5  # Null takes the parent's away: it is the default again.
    assert first["manifest_json"] == {"seed": 3, "split": {"folds": None}}
    assert [(each["recipe_id"], each["version_number"]) for each in first["inherits"]] == [(base["id"], "1.0.0"), (retail["id"], "1.0.0")]
    assert kept == first
    assert (later["parent_version_id"], later["version_number"], later["created_by"]) == (newer["version_id"], "1.1.0", "Desk")
    assert (later["change_note"], later["resolved_manifest"]["evaluation"]["confidence"]) == ("With what retail has now", 0.8)
    assert {each["path"] for each in later["diff_from_prev"]} == {"/evaluation/confidence"}
    assert (whole["resolved_manifest"], whole["versions"], whole["version_id"]) == (later["resolved_manifest"], 2, later["version_id"])


async def test_a_version_tells_how_it_differs_from_the_one_before(ada: User) -> None:
    recipe = await made(ada, manifest={"seed": 1, "objective": {"lowest": 0.8}})

    second = await version(ada, recipe["id"], {"features": ["subclass"], "seed": 1, "split": {"test_fraction": 0.1}})
    same = await version(ada, recipe["id"], second["manifest_json"])
    listed = await answered(ada, "GET", f"/recipes/{recipe['id']}/versions?limit=2")

    assert second["diff_from_prev"] == [
        {"op": "replace", "path": "/features", "from": [], "to": ["subclass"]},
        {"op": "replace", "path": "/objective/lowest", "from": 0.8, "to": 0.9},
        {"op": "replace", "path": "/split/test_fraction", "from": 0.25, "to": 0.1},
    ]
    assert same["diff_from_prev"] == []
    assert ([each["version_number"] for each in listed["versions"]], listed["total"]) == (["1.2.0", "1.1.0"], 3)


async def test_a_clone_has_all_that_its_source_has_and_a_version_of_it_changes_a_part(ada: User) -> None:
    clone = await answered(ada, "POST", f"/recipes/{SHIPPED}/clone?name=Retail%20Pricing%20v1")

    base = await answered(ada, "GET", f"/recipes/{SHIPPED}?resolved=true")
    first = await answered(ada, "GET", f"/recipes/{clone['id']}/versions/{clone['version_id']}")
    second = await version(ada, clone["id"], {"seed": 123})

    assert (clone["name"], clone["parent_id"], clone["model_family"], clone["version_number"]) == (
        "Retail Pricing v1",
        SHIPPED,
        "pricing",
        "1.0.0",
    )
    assert (first["resolved_manifest"], first["diff_from_prev"]) == (base["resolved_manifest"], None)
    assert second["resolved_manifest"] == base["resolved_manifest"] | {"seed": 123}
    assert [each["path"] for each in second["diff_from_prev"]] == ["/seed"]


async def test_a_mistake_in_a_manifest_is_told_by_its_place_with_what_is_meant(ada: User) -> None:
    wrong = {"split": {"test_fractoin": 0.2}, "seed": "seven", "data": {"source": "nowhere"}}
    status, problems = await refused(
        ada, "POST", "/recipes", {"name": "A", "model_family": "pricing", "level": "client", "manifest": wrong}
    )
    recipe = await made(ada)
    later = await refused(ada, "POST", f"/recipes/{recipe['id']}/versions", {"manifest_json": {"split": {"folds": 1}}})
    large = await refused(ada, "POST", f"/recipes/{recipe['id']}/versions", {"manifest_json": {"features": ["x" * 40_000]}})
    told = {tuple(each["loc"]): each["msg"] for each in problems}

    assert status == 422
    assert told.keys() == {
        ("body", "manifest", "split", "test_fractoin"),
        ("body", "manifest", "seed"),
        ("body", "manifest", "data", "source"),
    }
    words = told["body", "manifest", "split", "test_fractoin"]
    assert words.startswith("/split/test_fractoin: There is no such key; there are method, test_fraction")
    assert words.endswith("Did you mean 'test_fraction'?")
    assert (later[0], later[1][0]["loc"][:3]) == (422, ["body", "manifest_json", "split"])
    assert (large[0], large[1][0]["loc"]) == (422, ["body", "manifest_json"])


@pytest.mark.parametrize(
    ("level", "parent", "words"),
    [
        ("baseline", {"level": "baseline"}, "a recipe of level baseline inherits from none"),
        ("industry", {"level": "client"}, "a recipe of level industry inherits from baseline"),
        ("client", {"level": "baseline", "model_family": "forecasting"}, "is a recipe of forecasting, and this one of pricing"),
    ],
)
async def test_a_recipe_inherits_from_a_level_above_and_of_its_family_alone(
    ada: User, level: str, parent: dict[str, str], words: str
) -> None:
    above = await made(ada, **parent)

    status, detail = await refused(
        ada, "POST", "/recipes", {"name": "A", "model_family": "pricing", "level": level, "parent_id": above["id"]}
    )

    assert status == 400
    assert detail.startswith("Invalid parent_id value: ")
    assert words in detail


async def test_two_versions_at_once_get_two_numbers(ada: User, studio: World) -> None:
    recipe = await made(ada)
    path, elsewhere = f"/recipes/{recipe['id']}/versions", studio.at_the_other(ada)

    added = await asyncio.gather(*(version(user, recipe["id"], {"seed": seed}) for seed in range(3) for user in (ada, elsewhere)))
    listed = await answered(ada, "GET", path)

    numbers = [each["version_number"] for each in listed["versions"]]
    assert numbers == [f"1.{minor}.0" for minor in range(6, -1, -1)]
    assert sorted(each["version_id"] for each in added) == sorted(each["version_id"] for each in listed["versions"][:-1])


async def test_the_schema_of_a_family_describes_each_key_of_its_manifests(ada: User) -> None:
    for family in FAMILIES:
        schema = await answered(ada, "GET", f"/schemas/{family}")
        shipped = await answered(ada, "GET", f"/recipes/recipe_{family}_base?resolved=true")

        assert schema["properties"].keys() == shipped["resolved_manifest"].keys()
        assert schema["additionalProperties"] is False
    assert (await call(ada, "GET", "/schemas/prices")).status_code == 400
