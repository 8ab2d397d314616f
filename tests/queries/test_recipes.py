"""Recipes: each look-up and list is one of an index, however many others there are."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from libs.chassis.stores.mongo import Database
from libs.chassis.stores.parts import Part
from libs.contracts.envelope import now
from services.gateway.domain.recipes.errors import RecipeChangedError, RecipeVersionNotFoundError, TooManyRecipesError
from services.gateway.domain.recipes.example import Example
from services.gateway.domain.recipes.ports import RecipeFilter
from services.gateway.domain.recipes.recipe import Recipe, RecipeVersion, VersionRef, told
from services.gateway.outbound.recipes.examples_mongo import ExamplesMongo
from services.gateway.outbound.recipes.recipes_mongo import RecipesMongo
from tests.queries.profiled import SPARE, earlier, multiply, numbered, profiled, walked

OWN = 100
REF = VersionRef("recipe", "ver", "1.0.0")


def a_recipe(recipe_id: str) -> Recipe:
    at = now()
    return Recipe(
        id=recipe_id,
        account_id="account",
        name="Shelf",
        family="pricing",
        level="client",
        status="draft",
        parent_id="parent",
        tags=("shelf",),
        created_at=at,
        updated_at=at,
        newest=replace(REF, recipe_id=recipe_id),
    )


def a_version(ref: VersionRef) -> RecipeVersion:
    return RecipeVersion(
        ref=ref,
        manifest={"$set": 1.0},
        resolved={},
        ancestors=(REF,),
        diff=None,
        created_by="ada",
        created_at=now(),
        change_note="",
    )


async def test_recipes(database: Database, many: int) -> None:
    recipes = RecipesMongo(database["recipes"], on_write=int)
    await recipes.prepare()
    recipe, version = a_recipe("recipe"), a_version(REF)
    kept = await recipes.add(recipe, version, told(recipe, "created"), most=OWN)
    await multiply(database["recipes"], "recipe", by=OWN, created_at=earlier("created_at"), parent_id="another")
    await multiply(database["recipes"], "recipe_1", by=many, created_at=earlier("created_at"), account_id=numbered("a"))

    async with profiled(database) as took:
        assert await recipes.get("recipe", account_id="account") == kept == replace(recipe, revision=1)
        for chosen in ({}, {"family": "pricing"}, {"level": "client"}, {"status": "draft"}, {"tag": "shelf"}, {"search": "HEL"}):
            assert await walked(partial(recipes.find, RecipeFilter("account", **chosen)))
        assert await recipes.version("recipe", "ver", account_id="account") == version
        with pytest.raises(RecipeVersionNotFoundError):
            await recipes.version("recipe", "other", account_id="account")
        assert (await recipes.versions("recipe", Part(20), account_id="account")).items == [version]
        assert await recipes.children("parent", account_id="account") == 1
        with pytest.raises(TooManyRecipesError):
            await recipes.add(a_recipe("other"), a_version(REF), told(recipe, "created"), most=OWN)
        assert await recipes.add(recipe, version, told(recipe, "created"), most=OWN) == kept
        second = a_version(VersionRef("recipe", "ver2", "1.1.0"))
        after = kept.with_version(second)
        await recipes.save(after, told(after, "version_added"), version=second)
        with pytest.raises(RecipeChangedError):
            await recipes.save(after, told(after, "updated"))
        newer = await recipes.get("recipe", account_id="account")
        assert [each.ref.number for each in (await recipes.versions("recipe", Part(1), account_id="account")).items] == ["1.1.0"]
        await recipes.remove(newer, told(newer, "deleted"))
        await recipes.forget("a1")
    assert took.problems(reads=SPARE, counted=2 * OWN) == []
    trace = await database["recipes"].find_one({"_id": "recipe"})
    assert trace is not None
    assert trace.keys() == {"_id", "sequence", "revision", "pending_events", "deleted_at"} | (trace.keys() & {"relay"})


async def test_synthetic_examples(database: Database, many: int) -> None:
    examples, at = ExamplesMongo(database["synthetic_examples"]), now()
    await examples.prepare()
    about: dict[str, Any] = {
        "account_id": "account",
        "recipe_id": "recipe",
        "recipe_version_id": "ver",
        "created_at": at,
        "source": "given",
    }
    first = Example(id="syn_1", asked_at=at, row_schema={}, rows=[{"$set": 1}], example_run={}, **about)
    await examples.put(first)
    await multiply(database["synthetic_examples"], "account/recipe", by=many, account_id=numbered("a"))

    async with profiled(database) as took:
        late = replace(first, id="syn_0", asked_at=at - timedelta(seconds=1))
        await examples.put(late)
        assert (await examples.get("recipe", account_id="account")).id == "syn_1"
        await examples.remove("other", account_id="account")
        await examples.forget("a1")
    assert took.problems(reads=SPARE) == []
