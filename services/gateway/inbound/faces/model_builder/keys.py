"""Model Builder's API keys: the platform's own, with their scopes as `permissions`."""

from typing import Annotated, Any, Final

from fastapi import Path, status
from pydantic import AwareDatetime, Field, StrictStr
from starlette.requests import Request

from libs.contracts.envelope import now
from modelbourse.answers.builder.keys import GIVEN, KEY_ID, BuilderKeyRevoked, BuilderKeys, BuilderListedKey, BuilderNewKey
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.caller import PERMISSIONS, Caller, Scope
from services.gateway.domain.accounts.credentials import ApiKey
from services.gateway.domain.accounts.tier_limits import DEFAULTS, Limit, TierLimits
from services.gateway.domain.errors import ApiKeyNotFoundError
from services.gateway.inbound.faces.model_builder.envelope import make_routes, page_of
from services.gateway.inbound.faces.model_builder.face import FACE, PAGES
from services.gateway.inbound.http.exchange import exchange_of
from services.gateway.inbound.http.ids import id_of
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import MAY_BE_SIGNED, needs, used
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import open_as_documented
from services.gateway.usecases.accounts.make_api_key import WantedKey
from services.gateway.usecases.nouns import AccountUseCases

NO_MORE: Final = TierLimits(DEFAULTS).refusal(Limit.API_KEYS, tier=Tier.FREE)
# `admin-key` of the document: a log-in, the first key of a platform, or an API key of an admin with the scope `admin`.
OWNERS: Final = (Scope.ACCOUNT, Scope.ADMIN)
Owner = Annotated[Caller, needs(*OWNERS)]
KeyId = Annotated[str, id_of("key", ApiKeyNotFoundError), Path(description="As the list has it.", examples=[KEY_ID])]
Use = Annotated[AccountUseCases, used(AccountUseCases)]


class BuilderKeyIn(StrictBody):
    """A new API key."""

    name: StrictStr = Field(max_length=100, description="What it is for, for people.", examples=["training-service"])
    permissions: list[StrictStr] = Field(
        max_length=10,
        description="train, export, register: the three kinds of work here; read, write and predict are those of the other APIs.",
        examples=[GIVEN],
    )
    expires_at: AwareDatetime | None = Field(None, description="When the key ends; never by default.", examples=["2027-01-01T00:00:00Z"])


routes = make_routes("keys", under="/auth")


@routes.post(
    "/generate-key",
    status_code=status.HTTP_201_CREATED,
    summary="Generate an API key",
    response_description="API key generated successfully",
    responses=refused(FACE, NO_MORE, 401),
    openapi_extra={"security": MAY_BE_SIGNED},
)
@open_as_documented()
async def generate_key(body: BuilderKeyIn, request: Request, use: Use) -> BuilderNewKey:
    """Make a key of your account; `api_key` is shown this once.

    Without a credential the first key of a platform that has no account yet can be made, where callers without one are let in at all:
    it owns an account of its own, and can make, list and revoke further keys.
    """
    exchange = exchange_of(request.scope)
    wanted = WantedKey(name=body.name, scopes=body.permissions, expires_at=body.expires_at, among=PERMISSIONS, field="permissions")
    if exchange.caller is None:
        key, secret = await use.make_first_key(wanted)
    else:
        key, secret = await use.make_key(exchange.require(*OWNERS), wanted)
    return BuilderNewKey(**_said(key), api_key=secret)


@routes.get(
    "/keys",
    summary="List your API keys",
    response_description="API keys retrieved successfully",
    openapi_extra={"parameters": PAGES.parameters},
)
async def list_keys(request: Request, caller: Owner, use: Use) -> BuilderKeys:
    """Those that are still good, without their secrets."""
    part, at = PAGES.read(request), now()
    keys = [key for key in await use.api_keys.of(caller.account_id) if key.lives(at)]
    shown = keys[part.skipped : part.skipped + part.size]
    rows = [BuilderListedKey(**_said(key), last_used_at=key.last_used_at) for key in shown]
    return page_of(BuilderKeys, rows, part=part, total=len(keys))


@routes.delete("/keys/{key_id}", summary="Revoke an API key", response_description="API key revoked successfully")
async def revoke_key(key_id: KeyId, caller: Owner, use: Use) -> BuilderKeyRevoked:
    """Effective here at once, at other gateways within seconds."""
    await use.api_keys.remove(key_id, account_id=caller.account_id)
    use.check_credential.forget(credential=key_id)
    return BuilderKeyRevoked(id=key_id, status="revoked")


def _said(key: ApiKey) -> dict[str, Any]:
    permissions = [scope.value for scope in (*PERMISSIONS, Scope.ACCOUNT, Scope.ADMIN) if scope in key.scopes]
    said = {"id": key.id, "name": key.name, "prefix": key.shown, "permissions": permissions}
    return said | {"created_at": key.created_at, "expires_at": key.expires_at}
