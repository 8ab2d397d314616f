"""API keys: list, make, revoke."""

from typing import Annotated, Final

from fastapi import Path, status
from pydantic import AwareDatetime, Field, StrictStr

from modelbourse.answers import keys as answers
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.credentials import ApiKey
from services.gateway.domain.accounts.tier_limits import DEFAULTS, Limit, TierLimits
from services.gateway.domain.errors import ApiKeyNotFoundError
from services.gateway.inbound.faces.accounts.face import FACE, Owner, Use
from services.gateway.inbound.http.ids import id_of
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import make_router
from services.gateway.usecases.accounts.make_api_key import WantedKey

NO_MORE: Final = TierLimits(DEFAULTS).refusal(Limit.API_KEYS, tier=Tier.FREE)
KeyId = Annotated[
    str, id_of("key", ApiKeyNotFoundError), Path(description="As the list has it.", examples=["key_01jd3yq9h8e5v9k2m4n6p8r0s1"])
]


class KeyIn(StrictBody):
    """A new API key."""

    name: StrictStr = Field(max_length=100, description="What it is for, for people.", examples=["nightly retraining"])
    scopes: list[StrictStr] = Field(
        default=["read", "predict"],
        max_length=10,
        description="read, write, train (with which your own models and jobs can be read), predict, export, register (admin for admins).",
        examples=[["read", "train"]],
    )
    expires_at: AwareDatetime | None = Field(None, description="When the key ends; never by default.", examples=["2027-01-01T00:00:00Z"])


routes = make_router(prefix="/auth/api-keys", tags=[FACE.tag("API keys")])


@routes.get("", summary="List your API keys")
async def list_api_keys(caller: Owner, use: Use) -> list[answers.ListedApiKey]:
    """Without their secrets, which nobody can show again."""
    return [answers.ListedApiKey(**dict(api_key_of(key))) for key in await use.api_keys.of(caller.account_id)]


@routes.post("", status_code=status.HTTP_201_CREATED, summary="Make an API key", responses=refused(FACE, NO_MORE))
async def make_api_key(body: KeyIn, caller: Owner, use: Use) -> answers.NewApiKey:
    """For programs; `key` is shown this once and stored hashed. How many there may be is the tier's `api_keys`."""
    key, secret = await use.make_key(caller, WantedKey(name=body.name, scopes=body.scopes, expires_at=body.expires_at))
    return answers.NewApiKey(**dict(api_key_of(key)), key=secret)


@routes.delete("", summary="Revoke all your API keys")
async def revoke_api_keys(caller: Owner, use: Use) -> answers.KeysRevoked:
    """Effective here at once, at other gateways within seconds."""
    return answers.KeysRevoked(revoked_api_keys=await use.revoke_keys(caller.account_id))


@routes.delete("/{key_id}", status_code=status.HTTP_204_NO_CONTENT, summary="Revoke an API key")
async def revoke_api_key(key_id: KeyId, caller: Owner, use: Use) -> None:
    """Effective here at once, at other gateways within seconds."""
    await use.api_keys.remove(key_id, account_id=caller.account_id)
    use.check_credential.forget(credential=key_id)


def api_key_of(key: ApiKey) -> answers.ApiKey:
    """Return an API key, without its secret."""
    return answers.ApiKey(
        id=key.id,
        name=key.name,
        prefix=key.shown,
        scopes=sorted(scope.value for scope in key.scopes),
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
    )
