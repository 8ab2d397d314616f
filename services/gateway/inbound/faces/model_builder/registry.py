"""Model Builder's registry, in MLflow's words: versions registered, listed, given stages, had as files, deleted."""

import json
from typing import Annotated, Any, Final, Literal

from fastapi import Path, Query, status
from pydantic import ConfigDict, Field, JsonValue, StrictBool, StrictStr, StringConstraints, field_validator
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import ArtifactMissingError
from libs.contracts.texts import TEXT
from modelbourse.answers.answer import JOB_ID
from modelbourse.answers.builder import registry as answers
from modelbourse.answers.builder.files import SHA256
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.registry.errors import (
    InUseError,
    NameNotFoundError,
    PromotionRefusedError,
    RegisteredAlreadyError,
    RegisteredVersionNotFoundError,
)
from services.gateway.domain.registry.gate import Finding, Rule
from services.gateway.domain.registry.history import COMMENT_MOST
from services.gateway.domain.registry.name import NAME_RULE, RegisteredName, check_name
from services.gateway.domain.registry.ports import ArchiveForm, VersionFilter
from services.gateway.domain.registry.reference import STAGE_WORDS
from services.gateway.domain.visible_text import text_problem
from services.gateway.inbound.faces.model_builder.envelope import make_routes, page_of, says
from services.gateway.inbound.faces.model_builder.face import FACE, PAGES, Reader, Registrar
from services.gateway.inbound.faces.model_builder.files import CHECKSUM
from services.gateway.inbound.faces.model_builder.registry_answers import (
    as_tags,
    info_of,
    name_of,
    refusal_of,
    registered_of,
    row_of,
    stage_of,
    transition_of,
    transitioned_of,
)
from services.gateway.inbound.http.queries import query
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.representations import HEADERS, PARAMETER, SAME, etag_of, has, kept_answer
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import CurrentWork, starts_work
from services.gateway.usecases.registry.register_run import NewRun
from services.gateway.usecases.registry.text_registry import TextRegistryUseCases

TEXT_MOST, TAGS_MOST, METADATA_MOST, METADATA_BYTES = 2000, 20, 50, 16_384
WAITS: Final = "An admin has to agree to it first: its stage is as it was."
NO_NAME: Final = NameNotFoundError("crypto-sentiment-modl", known=[answers.NAME])
NO_VERSION: Final = RegisteredVersionNotFoundError(answers.NAME, 7, newest=1)
TAKEN: Final = RegisteredAlreadyError(answers.NAME, 1)
NO_RUN: Final = JobNotFoundError(JOB_ID, noun="training on texts job")
FAILS: Final = PromotionRefusedError(answers.NAME, 1, [Finding(Rule("macro_f1", ">=", 0.75), 0.75, 0.71, passed=False)])
IN_USE: Final = InUseError(answers.NAME, 1, "is in production: put another version there, or archive it, first.")
MISSPELT: Final = InvalidError("There is no such stage.", details={"stage": ["'Prodction' is not one of None, Staging, Production."]})
FORMS: Final = {"zip": "application/zip", "tar": "application/x-tar"}
REGISTERED: Final = "The model is registered."
MOVED: Final = "Model stage updated"
THERE: Final = "It is in that stage already: nothing has changed, and a comment is kept with a change alone"
REGISTRATION: Final[dict[str, Any]] = {
    "model_path": "outputs/training_run_123/model",
    "run_id": JOB_ID,
    "name": answers.NAME,
    "description": answers.DESCRIPTION,
    "stage": "Staging",
    "tags": answers.TAGS,
    "metadata": answers.METADATA,
}
FILTERS: Final = [
    query("stage", f"Versions in this stage: {', '.join(STAGE_WORDS)}.", enum=list(STAGE_WORDS)),
    query("name", "Versions of this name."),
]
ARCHIVE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The folder.",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}, "example": f"the bytes of a {form} file"}
            for form, kind in FORMS.items()
        },
        "headers": HEADERS | {"X-Checksum-SHA256": {"schema": {"type": "string"}, "example": SHA256}},
    },
    304: SAME,
}
Name = Annotated[str, Path(description=f"The name in the registry. {NAME_RULE}", examples=[answers.NAME])]
Numbered = Annotated[int, Path(ge=1, le=10**9, description="Which version.", examples=[1])]
TagName = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=r"^[^=]+$")]
TagValue = Annotated[str, StringConstraints(max_length=200)]
Use = Annotated[TextRegistryUseCases, used(TextRegistryUseCases)]
routes = make_routes("registry", under="/registry")


def _visible(text: str) -> str:
    if problem := text_problem(text, needed=False, lines=True):
        raise ValueError(problem)
    return text.strip()


class BuilderRegisterIn(StrictBody):
    """A model that is to be registered."""

    model_config = ConfigDict(json_schema_extra={"examples": [REGISTRATION]}, protected_namespaces=())

    model_path: StrictStr = Field(
        min_length=1, max_length=255, description="The folder of a trained model in your data root, or `runs:/<run_id>/model`."
    )
    run_id: StrictStr = Field(
        min_length=1,
        max_length=100,
        description="The training's `job_id` or `mlflow_run_id`, which are one. A tracker's own id is taken too: the folder says "
        "which training has made it.",
    )
    name: StrictStr = Field(description=f"What it is registered under. {NAME_RULE}")
    description: StrictStr = Field("", max_length=TEXT_MOST, description="What you say of it.")
    stage: StrictStr = Field("Staging", description=f"How far it is to come: {', '.join(STAGE_WORDS)}.")
    tags: dict[TagName, TagValue] = Field(
        default_factory=dict, max_length=TAGS_MOST, description="Your words for it, each with a value or ''."
    )
    metadata: dict[str, JsonValue] = Field(
        default_factory=dict, max_length=METADATA_MOST, description="Whatever you want to keep with it; numbers are shown as `reported`."
    )

    _texts = field_validator("description")(_visible)

    @field_validator("metadata")
    @classmethod
    def _short(cls, metadata: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if len(json.dumps(metadata)) > METADATA_BYTES:
            msg = f"Must be at most {METADATA_BYTES} bytes of JSON"
            raise ValueError(msg)
        return metadata


class BuilderStageIn(StrictBody):
    """The stage that a version is to have."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"stage": "Production", "comment": answers.COMMENT}]})

    stage: StrictStr = Field(description=f"{', '.join(STAGE_WORDS)}: what is in `Production` serves, in every face.")
    comment: StrictStr = Field("", max_length=COMMENT_MOST, description="Why; its history keeps it.")
    archive_existing: StrictBool = Field(
        default=False,
        description="Whether what is in the stage already is archived. Else what was in `Production` goes to `None`, as one version is "
        "there at most, and others stay in `Staging`.",
    )

    _texts = field_validator("comment")(_visible)


@routes.post(
    "/register",
    status_code=status.HTTP_201_CREATED,
    summary="Register a model",
    response_description=REGISTERED,
    responses=refused(FACE, MISSPELT, NO_RUN, TAKEN),
)
@says(lambda data: WAITS if data.approval == "pending_approval" else REGISTERED)
@starts_work
async def register_text_model(body: BuilderRegisterIn, caller: Registrar, work: CurrentWork, use: Use) -> answers.BuilderRegistered:
    """Give what a training has made a number under a name; the first one makes the name. The same run twice is a conflict."""
    new = NewRun(
        model_path=body.model_path,
        run_id=body.run_id,
        description=body.description,
        status=stage_of(body.stage),
        tags=as_tags(body.tags),
        metadata=body.metadata,
    )
    return registered_of(*await use.register(check_name(body.name, field="name"), new, caller=caller, work=work))


@routes.get(
    "/models",
    summary="List registered models",
    response_description="Models retrieved successfully",
    responses=refused(FACE, MISSPELT),
    openapi_extra={"parameters": [*FILTERS, *PAGES.parameters]},
)
async def list_registered_text_models(request: Request, caller: Reader, use: Use) -> answers.BuilderRegisteredPage:
    """Version by version, by the alphabet of their names, the newest of each first."""
    part, word = PAGES.read(request), request.query_params.get("stage")
    wanted = VersionFilter(caller.account_id, request.query_params.get("name") or None, stage_of(word) if word else None, TEXT)
    page = await use.registry.registry.versions(wanted, part)
    return page_of(answers.BuilderRegisteredPage, [row_of(each) for each in page.items], part=part, total=page.count)


@routes.get("/models/{name}", summary="Get a name", response_description="The name as it stands.", responses=refused(FACE, NO_NAME))
async def get_registered_text_model(name: Name, caller: Reader, use: Use) -> answers.BuilderRegisteredName:
    """Tell how many versions it has, and the newest in each stage."""
    return name_of(await _name(use, name, caller))


@routes.get(
    "/models/{name}/versions/{version}",
    summary="Get a registered model",
    response_description="The model as it is registered.",
    responses=refused(FACE, NO_VERSION),
)
async def get_registered_text_version(name: Name, version: Numbered, caller: Reader, use: Use) -> answers.BuilderModelInfo:
    """With what it measures, its files, and where it comes from."""
    found = await _name(use, name, caller)
    try:
        manifest = await use.archives.manifest(found.numbered(version))
    except ArtifactMissingError:
        return info_of(found, version, None)
    return info_of(found, version, manifest)


@routes.put(
    "/models/{name}/versions/{version}/stage",
    summary="Give a version a stage",
    response_description=MOVED,
    responses=refused(FACE, MISSPELT, NO_VERSION, FAILS),
)
@says(lambda data: WAITS if data.approval == "pending_approval" else THERE if data.stage == data.previous_stage else MOVED)
async def set_text_model_stage(
    name: Name, version: Numbered, body: BuilderStageIn, caller: Registrar, use: Use
) -> answers.BuilderTransitioned:
    """Promote it, archive it, or take it back: the same here and in every other face. A gate of its name has to be passed."""
    wanted, found = stage_of(body.stage), await _name(use, name, caller)
    before = found.numbered(version).status
    after = await use.transition(found, version, wanted, caller=caller, comment=body.comment, archive_existing=body.archive_existing)
    return transitioned_of(after, version, before=before, comment="" if before is wanted else body.comment)


@routes.get(
    "/models/{name}/versions/{version}/history",
    summary="Read a version's history",
    response_description="What has become of it, the newest first.",
    responses=refused(FACE, NO_VERSION),
    openapi_extra={"parameters": PAGES.parameters},
)
async def list_text_model_history(name: Name, version: Numbered, request: Request, caller: Reader, use: Use) -> answers.BuilderHistory:
    """Tell each change of its stage: when, by whom, from where to where, and what was said to it; and what its gate refused."""
    part, found = PAGES.read(request), await _name(use, name, caller)
    changes = found.history_of(version)
    rows = [transition_of(each) for each in changes[part.skipped : part.skipped + part.size]]
    refusals = [refusal_of(each) for each in found.refusals_of(version)]
    return page_of(answers.BuilderHistory, rows, part=part, total=len(changes), refused=refusals)


@routes.delete(
    "/models/{name}/versions/{version}",
    summary="Delete a version",
    response_description="Model version deleted",
    responses=refused(FACE, NO_VERSION, IN_USE),
)
async def delete_text_model_version(name: Name, version: Numbered, caller: Registrar, use: Use) -> answers.BuilderVersionDeleted:
    """Take it out of the registry, unless it is in production or an alias points to it; your files and the run stay."""
    await _name(use, name, caller)
    await use.registry.remove(name, version, caller=caller)
    return answers.BuilderVersionDeleted(model_name=name, version=version)


@routes.get(
    "/models/{name}/versions/{version}/download",
    summary="Download a registered model",
    response_class=StreamingResponse,
    responses={**ARCHIVE, **refused(FACE, NO_VERSION, 503)},
    openapi_extra={"parameters": [PARAMETER]},
)
async def download_text_model(
    name: Name,
    version: Numbered,
    request: Request,
    caller: Reader,
    use: Use,
    *,
    format: Annotated[Literal["zip", "tar"], Query(description="Which kind of archive.")] = "zip",  # noqa: A002 - as the address has it
) -> Response:
    """Its folder as an archive, with SHA256SUMS in it; `X-Checksum-SHA256` is of the archive, which is the same bytes each time."""
    form: ArchiveForm = format
    known = (await _name(use, name, caller)).numbered(version)
    folder = f"{name}-{version}"
    archive = await use.archives.measure(known, folder, form)
    if has(request, archive.sha256):
        return kept_answer(None, sha256=archive.sha256, media_type=FORMS[form])
    headers = {
        "content-length": str(archive.size),
        "content-disposition": f'attachment; filename="{folder}.{form}"',
        "etag": etag_of(archive.sha256),
        CHECKSUM: archive.sha256,
    }
    return StreamingResponse(use.archives.read(known, folder, form), media_type=FORMS[form], headers=headers)


async def _name(use: TextRegistryUseCases, name: str, caller: Caller) -> RegisteredName:
    """Return a name of models of texts. Raise NameNotFoundError: what this face cannot express is not there for it."""
    found = await use.registry.registry.get(name, account_id=caller.account_id)
    if not found.versions or found.versions[0].kind != TEXT:
        raise NameNotFoundError(name)
    return found
