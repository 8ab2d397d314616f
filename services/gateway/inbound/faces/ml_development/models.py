"""ML Development's models: registered from a version of a recipe, made by its runs, promoted through the registry of all faces."""

from typing import Annotated, Any, Final

from fastapi import Path, status
from pydantic import ConfigDict, Field, StrictStr, field_validator
from starlette.requests import Request
from starlette.responses import Response

from libs.contracts.recipe_runs import RECIPE
from libs.contracts.recipes import FAMILIES
from modelbourse.answers.answer import MODEL_ID
from modelbourse.answers.ml_development import models as answers
from modelbourse.answers.ml_development.runs import RECIPE_ID, VERSION_ID
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.tier_limits import DEFAULTS, Limit, TierLimits
from services.gateway.domain.models.errors import ModelArchivedError, ModelInProductionError, ModelNotFoundError
from services.gateway.domain.models.recipe_models import Standing, StandingRefusedError
from services.gateway.domain.models.recipe_ports import RecipeModelFilter
from services.gateway.domain.recipes.errors import RecipeNotFoundError
from services.gateway.domain.registry.errors import PromotionRefusedError
from services.gateway.domain.registry.gate import Finding, Rule
from services.gateway.domain.visible_text import text_problem
from services.gateway.inbound.faces.ml_development.face import FACE, PAGES, Maker, Reader
from services.gateway.inbound.faces.ml_development.model_answers import model_of, row_of
from services.gateway.inbound.faces.ml_development.words import one_of, read_filter
from services.gateway.inbound.http.ids import id_of
from services.gateway.inbound.http.queries import query
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.recipe_nouns import RecipeModelUseCases
from services.gateway.usecases.recipes.change_model import ModelChange
from services.gateway.usecases.recipes.register_model import NewModel

NAME_MOST, OWNER_MOST, ID_MOST = 200, 200, 80
STATUSES: Final = tuple(each.value for each in Standing)
NO_MODEL: Final = ModelNotFoundError(MODEL_ID)
FULL: Final = TierLimits(DEFAULTS).refusal(Limit.MODELS, tier=Tier.FREE)
REFUSED: Final = PromotionRefusedError(
    "production-pricing-model", 1, [Finding(Rule("revenue_lift", ">=", 0.05), 0.05, 0.042, passed=False)]
)
ASKED: Final[dict[str, Any]] = {
    "name": answers.NAME,
    "recipe_id": RECIPE_ID,
    "recipe_version_id": VERSION_ID,
    "owner": "data-science-team",
}
NO_MOVE: Final = StandingRefusedError(Standing.RETIRED, Standing.PRODUCTION)
FILTERS: Final = [
    query("model_family", "Models of this family.", enum=list(FAMILIES)),
    query("status", "Models that have come so far.", enum=list(STATUSES)),
    query("recipe_id", "Models of this recipe."),
]
StatusWord = Annotated[answers.ModelStatus, one_of("status", STATUSES)]
ModelId = Annotated[str, id_of("model", ModelNotFoundError), Path(description="The model's id.", examples=[MODEL_ID])]
Use = Annotated[RecipeModelUseCases, used(RecipeModelUseCases)]
routes = make_router(prefix=f"{FACE.prefix}/models", tags=[FACE.tag("models")])


def _readable(text: str, *, needed: bool) -> str:
    if problem := text_problem(text, needed=needed):
        raise ValueError(problem)
    return text.strip()


class MlModelIn(StrictBody):
    """A model that is to be registered."""

    model_config = ConfigDict(json_schema_extra={"examples": [ASKED]})

    name: StrictStr = Field(min_length=1, max_length=NAME_MOST, description="What it is called, for people.")
    recipe_id: StrictStr = Field(max_length=ID_MOST, description="The recipe that it is made by: yours, or one of the platform's.")
    recipe_version_id: StrictStr = Field(max_length=ID_MOST, description="The version of it.")
    owner: StrictStr = Field("", max_length=OWNER_MOST, description="Who is responsible for it.")

    @field_validator("name")
    @classmethod
    def _name(cls, name: str) -> str:
        return _readable(name, needed=True)

    @field_validator("owner")
    @classmethod
    def _owner(cls, owner: str) -> str:
        return _readable(owner, needed=False)


class MlModelChange(StrictBody):
    """What is to be changed; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "production"}]})

    name: StrictStr | None = Field(None, min_length=1, max_length=NAME_MOST, description="What it is called, for people.")
    status: StatusWord | None = Field(
        None,
        description="What was retired comes back as `draft` or `staging`; else any may follow any. "
        "`production` is of the newest version and goes through the gate of its name in the registry; what was "
        "there is retired. `staging` and `draft` are of what is up there now. `retired` puts the model away.",
    )
    owner: StrictStr | None = Field(None, max_length=OWNER_MOST, description="Who is responsible for it.")
    version: StrictStr | None = Field(None, max_length=60, description="The version, or an alias, that the status is given to instead.")

    @field_validator("name")
    @classmethod
    def _name(cls, name: str | None) -> str | None:
        return None if name is None else _readable(name, needed=True)

    @field_validator("owner")
    @classmethod
    def _owner(cls, owner: str | None) -> str | None:
        return None if owner is None else _readable(owner, needed=False)

    def change(self) -> ModelChange:
        """Return it as the platform has it."""
        return ModelChange(self.name, self.owner, Standing(self.status) if self.status else None, self.version)


@routes.get(
    "",
    summary="List models",
    response_description="A part of the list, the newest first.",
    openapi_extra={"parameters": [*FILTERS, *PAGES.parameters]},
)
async def list_ml_models(request: Request, caller: Reader, use: Use) -> answers.MlModels:
    """Show models that recipes have made; those of other kinds are in their own faces."""
    part, word = PAGES.read(request), read_filter(request, "status", known=STATUSES)
    wanted = RecipeModelFilter(
        caller.account_id,
        family=read_filter(request, "model_family", known=FAMILIES),
        standing=Standing(word) if word else None,
        recipe_id=request.query_params.get("recipe_id") or None,
    )
    page = await use.lists.find(wanted, part)
    return answers.MlModels(models=[row_of(model) for model in page.items], total=page.count)


@routes.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Register a model",
    response_description="A draft, of which runs make versions.",
    responses=refused(FACE, FULL, RecipeNotFoundError()),
)
@starts_work
async def register_ml_model(body: MlModelIn, caller: Maker, work: CurrentWork, use: Use) -> answers.MlModelWhole:
    """Make a model of a recipe's family; it may be trained any number of times."""
    new = NewModel(body.name, body.recipe_id, body.recipe_version_id, body.owner)
    return model_of(await use.register(new, caller=caller, work=work), None)


@routes.get("/{model_id}", summary="Get a model", responses=refused(FACE, NO_MODEL))
async def get_ml_model(model_id: ModelId, caller: Reader, use: Use) -> answers.MlModelWhole:
    """Show it with its versions, the newest first, and its place in the registry."""
    model = await use.models.get(model_id, account_id=caller.account_id, kind=RECIPE)
    return model_of(model, await use.registry.of_model(model.id))


@routes.put(
    "/{model_id}",
    summary="Update a model",
    response_description="The model as it is then; where an admin has to agree to its promotion, `registry.approval` is pending.",
    responses=refused(FACE, NO_MODEL, REFUSED, ModelArchivedError(), FULL, NO_MOVE),
)
async def update_ml_model(model_id: ModelId, body: MlModelChange, caller: Maker, work: CurrentWork, use: Use) -> answers.MlModelWhole:
    """Give it another name, owner or status: nothing of it where the status is refused. What is in production here is so in every face."""
    model = await use.change(model_id, body.change(), caller=caller, work=work)
    return model_of(model, await use.registry.of_model(model.id))


@routes.delete(
    "/{model_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete a model",
    response_description="It is gone, with its versions, snapshots and labels; its runs stay.",
    responses=refused(FACE, NO_MODEL, ModelInProductionError("version 1.0")),
)
async def delete_ml_model(model_id: ModelId, caller: Maker, use: Use) -> Response:
    """Delete it with all of its versions: not while one is in production, and not while it is, or was, on the marketplace."""
    await use.remove(model_id, account_id=caller.account_id, kind=RECIPE)
    return Response(status_code=status.HTTP_204_NO_CONTENT)
