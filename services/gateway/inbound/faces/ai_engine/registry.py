"""AI Engine's registry: versions of models by name, registered, compared, promoted through a gate, rolled back."""

from typing import Annotated, Any, Final, Literal

from fastapi import Path, Query, status
from pydantic import Field, StringConstraints, field_validator, model_validator
from starlette.requests import Request
from starlette.responses import Response

from libs.chassis.errors import InvalidError
from libs.contracts.ids import is_id
from modelbourse.answers.answer import MODEL_ID
from modelbourse.answers.engine import registry as answers
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.domain.registry.card import as_html, as_markdown, card_of
from services.gateway.domain.registry.comparison import differences, metric_pairs
from services.gateway.domain.registry.errors import (
    AliasNotFoundError,
    GateHeldError,
    NameNotFoundError,
    NothingToRollBackError,
    PromotionRefusedError,
    RegisteredAlreadyError,
    RegisteredVersionNotFoundError,
    no_status,
)
from services.gateway.domain.registry.gate import RULES_MOST, Finding, Gate, Rule
from services.gateway.domain.registry.history import COMMENT_MOST
from services.gateway.domain.registry.name import NAME_MOST, NAME_RULE, check_name
from services.gateway.domain.registry.ports import VersionFilter
from services.gateway.domain.registry.version import Status
from services.gateway.domain.visible_text import text_problem
from services.gateway.inbound.faces.ai_engine.face import FACE, NO_SUCH_PART, PAGES, Reader, Trainer
from services.gateway.inbound.faces.ai_engine.registry_answers import change_of, gate_of, name_of, pair_of, refusal_of, version_of
from services.gateway.inbound.http.queries import CANNOT_FILTER, query, read_word
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_body import Number, StrictBody
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.nouns import RegistryUseCases
from services.gateway.usecases.registry.register_version import NewVersion

NO_NAME: Final = NameNotFoundError("TFT-AAPL-Predictr", known=[answers.NAME])
NO_VERSION: Final = RegisteredVersionNotFoundError(answers.NAME, 7, newest=3)
NO_ALIAS: Final = AliasNotFoundError(answers.NAME, "champoin", known=["champion"])
REFUSED: Final = PromotionRefusedError(answers.NAME, 3, [Finding(Rule("sharpe_ratio", ">=", 0.5), 0.5, 0.31, passed=False)])
STATUSES: Final = tuple(each.value for each in Status)
TEXT_MOST, TAG_MOST, TAGS_MOST, REPORTED_MOST = 2000, 50, 20, 50
# The page needs nothing but itself: no script, no other address.
PAGE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
CARD: Final[dict[str, Any]] = {
    "description": "The card.",
    "content": {
        "text/markdown": {"schema": {"type": "string"}, "example": "# TFT-AAPL-Predictor, version 3\n"},
        "text/html": {"schema": {"type": "string"}, "example": "<!doctype html>"},
    },
}
Name = Annotated[str, Path(description=f"The model's name in the registry. {NAME_RULE}", examples=[answers.NAME])]
Numbered = Annotated[int, Path(ge=1, le=10**9, description="Which version.", examples=[3])]
Alias = Annotated[str, Path(description="The alias.", examples=["champion"])]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TAG_MOST)]
Use = Annotated[RegistryUseCases, used(RegistryUseCases)]


def _visible(text: str) -> str:
    if problem := text_problem(text, needed=False, lines=True):
        raise ValueError(problem)
    return text.strip()


class RegisterIn(StrictBody):
    """What is to be registered."""

    model_id: str = Field(description="A trained model.", examples=[MODEL_ID])
    model_version: str | None = Field(
        None, max_length=60, description="Which version of it, or an alias; the newest that is not archived, where none is named."
    )
    description: str = Field("", max_length=TEXT_MOST, description="What you say of it.", examples=[answers.DESCRIPTION])
    metrics: dict[str, Annotated[float, Number]] = Field(
        default_factory=dict,
        max_length=REPORTED_MOST,
        description="What you say that it measures: shown as `reported` beside what the platform has measured.",
        examples=[answers.REPORTED],
    )
    tags: list[Tag] = Field(default_factory=list, max_length=TAGS_MOST, description="Your words for it.", examples=[answers.TAGS])

    _texts = field_validator("description")(_visible)

    @field_validator("metrics")
    @classmethod
    def _short_and_finite(cls, metrics: dict[str, float]) -> dict[str, float]:
        if any(not 0 < len(name) <= TAG_MOST or value - value != 0 for name, value in metrics.items()):
            msg = f"Must be finite numbers by names of 1 to {TAG_MOST} characters"
            raise ValueError(msg)
        return metrics


class VersionChange(StrictBody):
    """What may be changed of a version."""

    status: str | None = Field(
        None, description=f"{', '.join(STATUSES)}: what is in production serves, in every face.", examples=["production"]
    )
    description: str | None = Field(None, max_length=TEXT_MOST, description="What you say of it.", examples=[answers.DESCRIPTION])
    tags: list[Tag] | None = Field(None, max_length=TAGS_MOST, description="All of its tags.", examples=[answers.TAGS])
    comment: str = Field("", max_length=COMMENT_MOST, description="Why its status changes; its history keeps it.")

    _texts = field_validator("comment")(_visible)

    @model_validator(mode="after")
    def _says_something(self) -> "VersionChange":
        if self.status is None and self.description is None and self.tags is None:
            msg = "Say at least one of status, description and tags"
            raise ValueError(msg)
        if self.description is not None:
            self.description = _visible(self.description)
        return self


class RuleIn(StrictBody):
    """What a metric must reach: a value, or production's by a margin."""

    metric: str = Field(max_length=60, description="One that the platform measures.", examples=["sharpe_ratio"])
    op: answers.Op = Field(description="How it is compared.", examples=[">="])
    value: Annotated[float, Number] | None = Field(None, allow_inf_nan=False, description="With what.", examples=[0.5])
    against: Literal["production"] | None = Field(None, description="With the version in production, instead of a value.", examples=[None])
    margin: Annotated[float, Number] | None = Field(
        None, ge=0, allow_inf_nan=False, description="With `against`: by how much it must be better. Default 0.", examples=[None]
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> "RuleIn":
        if (self.value is None) is (self.against is None):
            msg = "Say either value or against"
            raise ValueError(msg)
        if self.margin is not None and self.against is None:
            msg = "A margin needs against: with a value, add it to the value"
            raise ValueError(msg)
        return self


class GateIn(StrictBody):
    """What a version must reach before it goes into production; without rules, nothing."""

    rules: list[RuleIn] = Field(default_factory=list, max_length=RULES_MOST, description="All of them have to hold.")
    approval: answers.Who = Field("none", description="`admin`: an admin has to agree to each promotion.", examples=["none"])


class AliasIn(StrictBody):
    """What an alias points to."""

    version: int = Field(ge=1, le=10**9, strict=True, description="Which version.", examples=[3])


routes = make_router(prefix=f"{FACE.prefix}/registry", tags=[FACE.tag("registry")])


@routes.get(
    "",
    summary="List the names in the registry",
    response_description="A part of the list, by the alphabet.",
    responses=NO_SUCH_PART,
    openapi_extra={"parameters": [*PAGES.parameters, query("search", "Names with this in them, whatever the case.", maxLength=NAME_MOST)]},
)
async def list_registered_models(request: Request, caller: Reader, use: Use) -> answers.RegisteredModels:
    """Each with what is in production, its aliases and its gate."""
    part, search = PAGES.read(request), request.query_params.get("search", "")
    too_long = f"Must have at most {NAME_MOST} characters, as names do." if len(search) > NAME_MOST else None
    if problem := too_long or text_problem(search, needed=False):
        raise InvalidError(CANNOT_FILTER, details={"search": [problem]})
    page = await use.registry.find(caller.account_id, part, search=search or None)
    return answers.RegisteredModels(models=[name_of(each) for each in page.items], total=page.count, limit=part.size, offset=part.skipped)


@routes.get("/{model_name}", summary="Get a name in the registry", responses=refused(FACE, NO_NAME))
async def get_registered_model(model_name: Name, caller: Reader, use: Use) -> answers.RegisteredModel:
    """Tell what is in production under it, its aliases and its gate."""
    return name_of(await use.registry.get(model_name, account_id=caller.account_id))


@routes.get(
    "/{model_name}/versions",
    summary="List a model's versions",
    responses=refused(FACE, NO_NAME),
    openapi_extra={"parameters": [*PAGES.parameters, query("status", "Only those in this status.", enum=list(STATUSES))]},
)
async def list_model_versions(model_name: Name, request: Request, caller: Reader, use: Use) -> answers.ModelVersions:
    """Return a part of them, the newest first."""
    part, status = PAGES.read(request), read_word(request, "status", known=STATUSES)
    wanted = VersionFilter(caller.account_id, model_name, None if status is None else Status(status))
    page = await use.registry.versions(wanted, part)
    if not page.count:
        await use.registry.get(model_name, account_id=caller.account_id)  # It says so where there is no such name.
    rows = [version_of(each.name, each.number) for each in page.items]
    return answers.ModelVersions(model_name=model_name, versions=rows, total=page.count, limit=part.size, offset=part.skipped)


@routes.post(
    "/{model_name}/versions",
    status_code=status.HTTP_201_CREATED,
    summary="Register a version of a model",
    responses=refused(FACE, ModelNotFoundError(MODEL_ID), RegisteredAlreadyError(answers.NAME, 3)),
)
@starts_work
async def register_model_version(model_name: Name, body: RegisterIn, caller: Trainer, work: CurrentWork, use: Use) -> answers.ModelVersion:
    """Give it a number; the first one makes the name. It starts as registered, unless another face has given it a stage already."""
    if not is_id(body.model_id, prefix="model"):
        raise ModelNotFoundError(body.model_id)
    new = NewVersion(body.model_id, body.model_version, body.description, body.tags, body.metrics)
    name, version = await use.register(check_name(model_name), new, caller=caller, work=work)
    return version_of(name, version.number)


@routes.get("/{model_name}/versions/{version}", summary="Get a version", responses=refused(FACE, NO_VERSION))
async def get_model_version(model_name: Name, version: Numbered, caller: Reader, use: Use) -> answers.ModelVersion:
    """With its metrics, how it stands to the gate, and where it comes from."""
    return version_of(await use.registry.get(model_name, account_id=caller.account_id), version)


@routes.patch(
    "/{model_name}/versions/{version}",
    summary="Change a version's status, description or tags",
    responses=refused(FACE, NO_VERSION, REFUSED),
)
async def update_model_version_status(
    model_name: Name, version: Numbered, body: VersionChange, caller: Trainer, use: Use
) -> answers.ModelVersion:
    """Promote it, archive it, or say something else of it: what was in production is archived, here and in every other face.

    A promotion that does not pass the gate is refused with 409: `details.failing` has what fails in sentences, `failing` beside it as
    numbers. Where an admin has to
    agree first, `approval` is `pending_approval`, and the status stays as it was.
    """
    if body.status is not None and body.status not in STATUSES:
        raise no_status(body.status, STATUSES)
    name = await use.change.describe(model_name, version, description=body.description, tags=body.tags, account_id=caller.account_id)
    if body.status is not None:
        name = await use.promote(model_name, version, Status(body.status), caller=caller, comment=body.comment)
    return version_of(name, version)


@routes.get(
    "/{model_name}/versions/{version}/history",
    summary="Get a version's history",
    response_description="A part of the changes of its status, the newest first.",
    responses=refused(FACE, NO_VERSION),
    openapi_extra={"parameters": PAGES.parameters},
)
async def get_model_version_history(
    model_name: Name, version: Numbered, request: Request, caller: Reader, use: Use
) -> answers.VersionHistory:
    """Tell when its status was changed, by whom, and what was said to it; and which promotions its gate refused, by which rules."""
    part, name = PAGES.read(request), await use.registry.get(model_name, account_id=caller.account_id)
    changes = name.history_of(version)
    rows = [change_of(each) for each in changes[part.skipped : part.skipped + part.size]]
    return answers.VersionHistory(
        model_name=name.name,
        version=version,
        changes=rows,
        refused=[refusal_of(each) for each in name.refusals_of(version)],
        total=len(changes),
        limit=part.size,
        offset=part.skipped,
    )


@routes.get(
    "/{model_name}/versions/{version}/card",
    summary="Get a version's model card",
    response_class=Response,
    responses={200: CARD, **refused(FACE, NO_VERSION)},
)
async def get_model_card(
    model_name: Name,
    version: Numbered,
    request: Request,
    caller: Reader,
    use: Use,
    *,
    format: Annotated[  # noqa: A002 - as the address has it
        Literal["markdown", "html"] | None, Query(description="Else `Accept` decides: Markdown, unless it prefers text/html.")
    ] = None,
) -> Response:
    """Tell what it is, was trained on and measures, how it stands to the gate and where it comes from: nothing but what is kept."""
    name = await use.registry.get(model_name, account_id=caller.account_id)
    card = card_of(await use.find.facts(name, version))
    accepted = request.headers.get("accept", "")
    if format == "html" or (format is None and "text/html" in accepted and "text/markdown" not in accepted):
        return Response(as_html(card), media_type="text/html; charset=utf-8", headers={"content-security-policy": PAGE_POLICY})
    return Response(as_markdown(card), media_type="text/markdown; charset=utf-8")


@routes.get("/{model_name}/compare", summary="Compare two versions", responses=refused(FACE, NO_VERSION))
async def compare_model_versions(
    model_name: Name,
    caller: Reader,
    use: Use,
    a: Annotated[int, Query(ge=1, le=10**9, description="The first.", examples=[2])],
    b: Annotated[int, Query(ge=1, le=10**9, description="The second.", examples=[3])],
) -> answers.Comparison:
    """Tell what they measure, with which is better, and in what their configurations differ."""
    name = await use.registry.get(model_name, account_id=caller.account_id)
    one, other = await use.find.facts(name, a), await use.find.facts(name, b)
    changed = differences(one, other)
    return answers.Comparison(
        model_name=name.name,
        a=version_of(name, a),
        b=version_of(name, b),
        metrics=[pair_of(each) for each in metric_pairs(one.version.metrics, other.version.metrics)],
        differences=[answers.ConfigPair(field=field, a=left, b=right) for field, (left, right) in changed.items()],
    )


@routes.put("/{model_name}/gate", summary="Set a name's gate", responses=refused(FACE, NO_NAME, GateHeldError(answers.NAME)))
async def set_registry_gate(model_name: Name, body: GateIn, caller: Trainer, use: Use) -> answers.RegistryGate:
    """Every promotion has to pass it, in whichever face; what is in production stays there. An admin alone takes `approval` away again."""
    rules = tuple(Rule(each.metric, each.op, each.value, each.margin or 0.0) for each in body.rules)
    return gate_of((await use.change.guard(model_name, Gate(rules, body.approval), caller=caller)).gate)


@routes.post("/{model_name}/rollback", summary="Roll a name back", responses=refused(FACE, NO_NAME, NothingToRollBackError(answers.NAME)))
@starts_work
async def roll_back_model(model_name: Name, caller: Trainer, use: Use) -> answers.ModelVersion:
    """Put what was there before into production again, at once: it had passed the gate. Again, and the one before that."""
    name = await use.roll_back(model_name, caller=caller)
    return version_of(name, name.found(None).number)


@routes.put("/{model_name}/aliases/{alias}", summary="Point an alias to a version", responses=refused(FACE, NO_VERSION))
async def set_registry_alias(model_name: Name, alias: Alias, body: AliasIn, caller: Trainer, use: Use) -> answers.RegisteredModel:
    """Name one version by it; before, it may have named another."""
    return name_of(await use.change.point(model_name, alias, body.version, account_id=caller.account_id))


@routes.delete("/{model_name}/aliases/{alias}", summary="Remove an alias", responses=refused(FACE, NO_ALIAS))
async def remove_registry_alias(model_name: Name, alias: Alias, caller: Trainer, use: Use) -> answers.RegisteredModel:
    """Take it away; the version that it pointed to stays as it is."""
    return name_of(await use.change.point(model_name, alias, None, account_id=caller.account_id))
