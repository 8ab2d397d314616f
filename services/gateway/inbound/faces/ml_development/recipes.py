"""ML Development's recipes: listed, made, approved, archived, cloned, deleted."""

from typing import Annotated, Any, Final

from fastapi import Path, Query, status
from pydantic import AfterValidator, ConfigDict, Field, StrictStr
from starlette.requests import Request
from starlette.responses import Response

from libs.contracts.ids import is_id
from libs.contracts.recipes import FAMILIES, LEVELS, RECIPE_STATUSES
from modelbourse.answers.ml_development import recipes as answers
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.tier_limits import DEFAULTS, Limit, TierLimits
from services.gateway.domain.recipes.baselines import RECIPE_IDS
from services.gateway.domain.recipes.errors import (
    ParentNotFoundError,
    PlatformRecipeError,
    RecipeNotFoundError,
    RecipeRefusedError,
    RecipeUsedError,
)
from services.gateway.domain.recipes.ports import RecipeFilter
from services.gateway.domain.recipes.recipe import Recipe, RecipeVersion, VersionRef
from services.gateway.domain.visible_text import text_problem
from services.gateway.inbound.faces.ml_development.face import FACE, PAGES, Maker, Reader
from services.gateway.inbound.faces.ml_development.words import FamilyWord, LevelWord, RecipeStatusWord, read_filter
from services.gateway.inbound.http.queries import query
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.recipe_nouns import RecipeUseCases
from services.gateway.usecases.recipes.change_recipe import RecipeChange
from services.gateway.usecases.recipes.make_recipe import NewRecipe

NAME_MOST, TAG_MOST, TAGS_MOST, ID_MOST = 200, 64, 20, 80
SHIPPED: Final = "recipe_pricing_base"
NO_RECIPE: Final = RecipeNotFoundError()
FULL: Final = TierLimits(DEFAULTS).refusal(Limit.RECIPES, tier=Tier.FREE)
NO_MORE: Final = TierLimits(DEFAULTS).refusal(Limit.RECIPES, tier=Tier.ELITE)
FROZEN: Final = PlatformRecipeError(SHIPPED)
ARCHIVED: Final = RecipeRefusedError(
    field="status", problem="the recipe is archived, and cannot become approved; it stays so: clone it, and approve the clone."
)
FILTERS: Final = [
    query("model_family", "Recipes of this family.", enum=list(FAMILIES)),
    query("level", "Recipes of this level.", enum=list(LEVELS)),
    query("status", "Recipes in this status.", enum=list(RECIPE_STATUSES)),
    query("tag", "Recipes with this tag."),
    query("search", "Recipes with this in their name, whatever the case."),
]


def _readable(text: str) -> str:
    if problem := text_problem(text):
        raise ValueError(problem)
    return text.strip()


def _tags(tags: list[str]) -> list[str]:
    return list(dict.fromkeys(tags))


def _recipe_id(text: str) -> str:
    if text not in RECIPE_IDS and not is_id(text, prefix="recipe"):
        raise RecipeNotFoundError(text)
    return text


RecipeName = Annotated[StrictStr, Field(min_length=1, max_length=NAME_MOST), AfterValidator(_readable)]
Tag = Annotated[StrictStr, Field(min_length=1, max_length=TAG_MOST), AfterValidator(_readable)]
Tags = Annotated[list[Tag], Field(max_length=TAGS_MOST), AfterValidator(_tags)]
RecipeId = Annotated[str, AfterValidator(_recipe_id), Path(description="The recipe's id.", examples=[answers.OWN_RECIPE])]
Use = Annotated[RecipeUseCases, used(RecipeUseCases)]
routes = make_router(prefix=f"{FACE.prefix}/recipes", tags=[FACE.tag("recipes")])


class MlRecipeIn(StrictBody):
    """A recipe that is to be made."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Retail Pricing v1",
                    "model_family": "pricing",
                    "level": "industry",
                    "parent_id": SHIPPED,
                    "tags": ["retail"],
                    "manifest": answers.MANIFEST,
                }
            ]
        }
    )

    name: RecipeName = Field(description="What it is called, for people.")
    model_family: FamilyWord = Field(description="What its models are for.")
    level: LevelWord = Field(
        description="`baseline` inherits from none, `industry` may inherit from a baseline, `client` from an industry's or a baseline."
    )
    parent_id: StrictStr | None = Field(
        None, max_length=ID_MOST, description="The recipe that it inherits from: yours, or one of the platform's; null: none."
    )
    tags: Tags = Field(default_factory=list, description="Words to find it by.")
    manifest: dict[str, Any] = Field(
        default_factory=dict,
        description="Version 1.0.0, by the schema of its family (`/schemas/{model_family}`). With a parent: what it changes of its "
        "manifest, as a JSON Merge Patch (RFC 7396). What is said nowhere is the family's default.",
    )


class MlRecipeUpdate(StrictBody):
    """What is to be changed; what is left out stays. The manifest changes by a new version."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "approved"}]})

    name: RecipeName | None = Field(None, description="What it is called, for people.")
    status: RecipeStatusWord | None = Field(
        None,
        description="A draft becomes `approved` or `archived`, what is approved `archived`; what is archived comes back as a clone. "
        "`approved` is of the newest version, also of a recipe that is approved already.",
    )
    tags: Tags | None = Field(None, description="Words to find it by, in place of those that it has.")


@routes.get(
    "",
    summary="List recipes",
    response_description="A part of the list: the platform's own first, then yours, the newest first.",
    openapi_extra={"parameters": [*FILTERS, *PAGES.parameters]},
)
async def list_recipes(request: Request, caller: Reader, use: Use) -> answers.MlRecipes:
    """Show the recipes that there are for you."""
    part, asked = PAGES.read(request), request.query_params
    wanted = RecipeFilter(
        caller.account_id,
        family=read_filter(request, "model_family", known=FAMILIES),
        level=read_filter(request, "level", known=LEVELS),
        status=read_filter(request, "status", known=RECIPE_STATUSES),
        tag=asked.get("tag") or None,
        search=asked.get("search") or None,
    )
    page = await use.show.find(wanted, part)
    return answers.MlRecipes(recipes=[recipe_of(each) for each in page.items], total=page.count)


@routes.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Create a recipe",
    response_description="A draft; its manifest is version 1.0.0.",
    responses=refused(FACE, FULL, ParentNotFoundError(SHIPPED), RecipeRefusedError(field="parent_id", problem="it inherits from none.")),
)
@starts_work
async def create_recipe(body: MlRecipeIn, caller: Maker, work: CurrentWork, use: Use) -> answers.MlRecipe:
    """Make a recipe of your own; a mistake in its manifest is told by its place, with what is allowed there."""
    new = NewRecipe(body.name, body.model_family, body.level, body.parent_id, body.tags, body.manifest)
    return recipe_of(await use.make(new, caller=caller, work=work))


@routes.get("/{recipe_id}", summary="Get a recipe", responses=refused(FACE, NO_RECIPE), response_model_exclude_unset=True)
async def get_recipe(
    recipe_id: RecipeId,
    caller: Reader,
    use: Use,
    *,
    resolved: Annotated[bool, Query(description="Whether its newest manifest is shown, too, with all that it inherits.")] = False,
) -> answers.MlRecipeWhole:
    """Show it; with `resolved=true` also what a run of its newest version does."""
    recipe = await use.show.get(recipe_id, account_id=caller.account_id)
    if not resolved:
        return answers.MlRecipeWhole(**recipe_of(recipe).model_dump())
    newest = await use.show.newest(recipe, account_id=caller.account_id)
    return answers.MlRecipeWhole(
        **recipe_of(recipe).model_dump(),
        manifest_json=newest.manifest,
        resolved_manifest=newest.resolved,
        inherits=[inherited_of(each) for each in newest.ancestors],
    )


@routes.put("/{recipe_id}", summary="Update a recipe", responses=refused(FACE, NO_RECIPE, FROZEN, ARCHIVED))
async def update_recipe(recipe_id: RecipeId, body: MlRecipeUpdate, caller: Maker, use: Use) -> answers.MlRecipe:
    """Give it another name, status or tags. Its newest version is approved, and checked again; others can inherit from then on."""
    change = RecipeChange(body.name, body.status, body.tags)
    return recipe_of(await use.change(recipe_id, change, caller=caller))


@routes.delete(
    "/{recipe_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete a recipe",
    response_description="It is gone, with its versions.",
    responses=refused(FACE, NO_RECIPE, FROZEN, RecipeUsedError(["2 models"])),
)
async def delete_recipe(recipe_id: RecipeId, caller: Maker, use: Use) -> Response:
    """Take it away with its versions; not while models, runs or other recipes rest on it."""
    await use.change.remove(recipe_id, caller=caller)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@routes.post(
    "/{recipe_id}/clone",
    status_code=status.HTTP_201_CREATED,
    summary="Clone a recipe",
    response_description="A draft with all that the recipe is now, whose parent it is.",
    responses=refused(FACE, NO_RECIPE, FULL, NO_MORE),
)
@starts_work
async def clone_recipe(
    recipe_id: RecipeId,
    name: Annotated[RecipeName, Query(description="What the clone is called.", examples=["Retail Pricing v1"])],
    caller: Maker,
    work: CurrentWork,
    use: Use,
) -> answers.MlRecipe:
    """Make a recipe of your own of another one: family, level, tags, and the newest manifest whole as version 1.0.0."""
    return recipe_of(await use.make.clone(recipe_id, name, caller=caller, work=work))


def recipe_of(recipe: Recipe) -> answers.MlRecipe:
    """Return a recipe as the document has it."""
    return answers.MlRecipe(
        id=recipe.id,
        name=recipe.name,
        model_family=recipe.family,
        level=recipe.level,
        status=recipe.status,
        parent_id=recipe.parent_id,
        tags=list(recipe.tags),
        created_at=recipe.created_at,
        updated_at=recipe.updated_at,
        is_shipped=recipe.account_id is None,
        version_id=recipe.newest.version_id,
        version_number=recipe.newest.number,
        versions=recipe.versions,
        approved_version_id=recipe.approved.version_id if recipe.approved else None,
        approved_version_number=recipe.approved.number if recipe.approved else None,
        notes=list(recipe.notes),
    )


def inherited_of(ref: VersionRef) -> answers.MlInheritedVersion:
    """Return a version that another one inherits from."""
    return answers.MlInheritedVersion(recipe_id=ref.recipe_id, version_id=ref.version_id, version_number=ref.number)


def version_of(version: RecipeVersion) -> answers.MlRecipeVersion:
    """Return a version as the document has it."""
    changes = None if version.diff is None else [answers.MlManifestChange(**each) for each in version.diff]
    return answers.MlRecipeVersion(
        version_id=version.ref.version_id,
        recipe_id=version.ref.recipe_id,
        version_number=version.ref.number,
        manifest_json=version.manifest,
        diff_from_prev=changes,
        created_by=version.created_by,
        created_at=version.created_at,
        change_note=version.change_note,
        resolved_manifest=version.resolved,
        parent_version_id=version.parent_version_id,
        inherits=[inherited_of(each) for each in version.ancestors],
    )
