"""ML Development's versions of recipes: listed, shown, added; none ever changes."""

from typing import Annotated, Any, Final

from fastapi import Path, status
from pydantic import AfterValidator, ConfigDict, Field, StrictStr
from starlette.requests import Request

from libs.contracts.ids import is_id
from modelbourse.answers.ml_development import recipes as answers
from services.gateway.domain.recipes.baselines import RECIPE_IDS, baseline
from services.gateway.domain.recipes.errors import RecipeRefusedError, RecipeVersionNotFoundError
from services.gateway.domain.visible_text import text_problem
from services.gateway.inbound.faces.ml_development.face import FACE, PAGES, Maker, Reader
from services.gateway.inbound.faces.ml_development.recipes import FROZEN, ID_MOST, NO_RECIPE, RecipeId, Use, version_of
from services.gateway.inbound.faces.ml_development.words import same_as
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.recipes.change_recipe import NewVersion

NOTE_MOST, NAME_MOST = 2_000, 200
SHIPPED: Final = frozenset(baseline(each).newest.version_id for each in RECIPE_IDS)
NO_VERSION: Final = RecipeVersionNotFoundError()
ARCHIVED: Final = RecipeRefusedError(field="recipe_id", problem="the recipe is archived, and gets no more versions: clone it.")


def _note(text: str) -> str:
    if problem := text_problem(text, needed=False, lines=True):
        raise ValueError(problem)
    return text.strip()


def _name(text: str) -> str:
    if problem := text_problem(text):
        raise ValueError(problem)
    return text.strip()


def _version_id(text: str) -> str:
    if text not in SHIPPED and not is_id(text, prefix="ver"):
        raise RecipeVersionNotFoundError(text)
    return text


VersionId = Annotated[str, AfterValidator(_version_id), Path(description="The version's id.", examples=[answers.OWN_VERSION])]
routes = make_router(prefix=f"{FACE.prefix}/recipes/{{recipe_id}}/versions", tags=[FACE.tag("recipes")])


class MlRecipeVersionIn(StrictBody):
    """A version that is to be added."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"recipe_id": answers.OWN_RECIPE, "manifest_json": answers.MANIFEST, "change_note": "Less is held out"}]
        }
    )

    recipe_id: StrictStr | None = Field(None, max_length=ID_MOST, description="The path's recipe, once more; may be left out.")
    manifest_json: dict[str, Any] = Field(
        description="The manifest, whole: not what changes of the version before, but, with a parent, what changes of the parent's (JSON "
        "Merge Patch, RFC 7396)."
    )
    change_note: Annotated[StrictStr, AfterValidator(_note)] = Field("", max_length=NOTE_MOST, description="Why.")
    created_by: Annotated[StrictStr, AfterValidator(_name)] | None = Field(
        None, max_length=NAME_MOST, description="Who made it; null: you, by your username."
    )


@routes.get(
    "",
    summary="List a recipe's versions",
    response_description="A part of the list, the newest first.",
    responses=refused(FACE, NO_RECIPE),
    openapi_extra={"parameters": PAGES.parameters},
)
async def list_recipe_versions(recipe_id: RecipeId, request: Request, caller: Reader, use: Use) -> answers.MlRecipeVersions:
    """Show each with its manifest, resolved too, and how it differs from the one before."""
    page = await use.show.versions(recipe_id, PAGES.read(request), account_id=caller.account_id)
    return answers.MlRecipeVersions(versions=[version_of(each) for each in page.items], total=page.count)


@routes.get("/{version_id}", summary="Get a recipe's version", responses=refused(FACE, NO_VERSION))
async def get_recipe_version(recipe_id: RecipeId, version_id: VersionId, caller: Reader, use: Use) -> answers.MlRecipeVersion:
    """Show its manifest, resolved too, and how it differs from the one before."""
    return version_of(await use.show.version(recipe_id, version_id, account_id=caller.account_id))


@routes.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Add a version to a recipe",
    response_description="The version, with the next semantic number.",
    responses=refused(FACE, NO_RECIPE, FROZEN, ARCHIVED),
)
@starts_work
async def create_recipe_version(
    recipe_id: RecipeId, body: MlRecipeVersionIn, caller: Maker, work: CurrentWork, use: Use
) -> answers.MlRecipeVersion:
    """Change what the recipe does from now on; what was made of other versions stays as it is."""
    same_as(recipe_id, body.recipe_id, field="recipe_id")
    new = NewVersion(body.manifest_json, body.change_note, body.created_by)
    return version_of(await use.change.add_version(recipe_id, new, caller=caller, work=work))
