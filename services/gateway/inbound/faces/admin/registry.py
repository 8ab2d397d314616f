"""For operators: promotions of all accounts that an admin has to agree to."""

from typing import Annotated, Final

from fastapi import Path
from pydantic import Field
from starlette.requests import Request

from modelbourse.answers.accounts import ACCOUNT_ID
from modelbourse.answers.engine import registry as answers
from services.gateway.domain.registry.errors import NameNotFoundError, NotPendingError, RegisteredVersionNotFoundError
from services.gateway.inbound.faces.admin.accounts import audited
from services.gateway.inbound.faces.admin.face import FACE, NO_SUCH_PAGE, Admin
from services.gateway.inbound.faces.ai_engine.registry_answers import gate_of, pending_of, version_of
from services.gateway.inbound.http.paging import Offsets
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import make_router
from services.gateway.usecases.nouns import RegistryUseCases

PAGES: Final = Offsets(size=50)
NOT_PENDING: Final = NotPendingError(answers.NAME, 3)
NO_VERSION: Final = RegisteredVersionNotFoundError(answers.NAME, 7, newest=3)
AccountId = Annotated[str, Path(description="Whose name it is.", examples=[ACCOUNT_ID])]
Name = Annotated[str, Path(description="The model's name in the registry.", examples=[answers.NAME])]
Numbered = Annotated[int, Path(ge=1, le=10**9, description="Which version.", examples=[3])]
Use = Annotated[RegistryUseCases, used(RegistryUseCases)]


class Decision(StrictBody):
    """What an admin says to a promotion."""

    note: str = Field("", max_length=300, description="For its owner to read.", examples=["The drawdown is within the desk's limit."])


routes = make_router(prefix="/admin/registry", tags=[FACE.tag("registry")])


@routes.get(
    "",
    summary="List promotions that wait for an admin",
    response_description="A part of the list: what waits longest first.",
    responses=NO_SUCH_PAGE,
    openapi_extra={"parameters": PAGES.parameters},
)
async def list_pending_promotions(request: Request, _: Admin, use: Use) -> answers.PendingVersions:
    """Of all accounts, with what each would replace and how it stands to its gate."""
    part = PAGES.read(request)
    page = await use.registry.pending(part)
    rows = [pending_of(name, version) for name in page.items for version in name.versions if version.is_pending]
    return answers.PendingVersions(versions=rows, total=page.count, limit=part.size, offset=part.skipped)


@routes.post(
    "/{account_id}/{model_name}/versions/{version}/approve",
    summary="Agree to a promotion",
    responses=refused(FACE, NO_VERSION, NOT_PENDING),
)
async def approve_promotion(
    account_id: AccountId, model_name: Name, version: Numbered, body: Decision, admin: Admin, *, use: Use
) -> answers.ModelVersion:
    """Put it into production now, if it passes the gate still: another version may be there since it was asked for."""
    with audited(admin, "registry/approve", account_id, name=model_name, version=version):
        return version_of(await use.decide.approve(account_id, model_name, version, note=body.note), version)


@routes.post(
    "/{account_id}/{model_name}/versions/{version}/decline",
    summary="Turn a promotion down",
    responses=refused(FACE, NO_VERSION, NOT_PENDING),
)
async def decline_promotion(
    account_id: AccountId, model_name: Name, version: Numbered, body: Decision, admin: Admin, *, use: Use
) -> answers.ModelVersion:
    """Leave what is in production there; the owner reads the note, and may ask again."""
    with audited(admin, "registry/decline", account_id, name=model_name, version=version):
        return version_of(await use.decide.decline(account_id, model_name, version, note=body.note), version)


@routes.post(
    "/{account_id}/{model_name}/gate/release",
    summary="No longer ask for agreement",
    responses=refused(FACE, NameNotFoundError(answers.NAME)),
)
async def release_gate(account_id: AccountId, model_name: Name, admin: Admin, use: Use) -> answers.RegistryGate:
    """Let the name's owner promote without an admin, by its rules alone; nothing waits any more."""
    with audited(admin, "registry/release", account_id, name=model_name):
        return gate_of((await use.change.release(model_name, account_id=account_id)).gate)
