"""API keys over HTTP: list, make, revoke."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Path, status
from pydantic import AwareDatetime, BaseModel, Field, StrictStr

from libs.contracts.envelope import Moment
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.domain.accounts.credentials import ApiKey
from services.gateway.domain.accounts.ports import ApiKeys
from services.gateway.domain.accounts.tier_limits import DEFAULTS, Limit, TierLimits
from services.gateway.inbound.http.face import Face
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import needs
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.usecases.accounts.change_account import RevokeKeys
from services.gateway.usecases.accounts.check_credential import CheckCredential
from services.gateway.usecases.accounts.make_api_key import MakeApiKey

Owner = Annotated[Caller, needs(Scope.ACCOUNT)]
NO_MORE: Final = TierLimits(DEFAULTS).refusal(Limit.API_KEYS, tier=Tier.FREE)
KeyId = Annotated[str, Path(description="As the list has it.", examples=["key_01jd3yq9h8e5v9k2m4n6p8r0s1"])]


class KeyIn(StrictBody):
    """A new API key."""

    name: StrictStr = Field(max_length=100, examples=["nightly retraining"])
    scopes: list[StrictStr] = Field(
        default=["read", "predict"],
        max_length=10,
        description="read, write, train (with which your own models and jobs can be read), predict (admin for admins).",
        examples=[["read", "train"]],
    )
    expires_at: AwareDatetime | None = Field(None, description="When the key ends; never by default.", examples=["2027-01-01T00:00:00Z"])


class StoredKeyOut(BaseModel):
    """An API key, without its secret."""

    id: str = Field(examples=["key_01jd3yq9h8e5v9k2m4n6p8r0s1"])
    name: str = Field(examples=["nightly retraining"])
    prefix: str = Field(description="How its secret begins.", examples=["mbk_Vt3kQz8n"])
    scopes: list[str] = Field(examples=[["read", "train"]])
    created_at: Moment = Field(examples=["2026-11-23T09:30:00.000Z"])
    expires_at: Moment | None = Field(examples=["2027-01-01T00:00:00.000Z"])
    last_used_at: Moment | None = Field(description="To the minute; null before its first use.", examples=["2026-11-24T02:00:00.000Z"])


class KeyOut(StoredKeyOut):
    """An API key. `key` is null: the secret is shown once, when the key is made."""

    key: str | None = Field(None, examples=[None])


class NewKeyOut(KeyOut):
    """A new API key with its secret, which is stored hashed and not shown again."""

    last_used_at: Moment | None = Field(description="Null before its first use.", examples=[None])
    key: str = Field(examples=["mbk_Vt3kQz8nWm5pXr7sYc2dAe4fBg6hCj9kDl1mEn0oFp8"])


class KeysRevokedOut(BaseModel):
    """How many API keys have ended."""

    revoked_api_keys: int = Field(examples=[2])


@dataclass(frozen=True, slots=True)
class KeyUseCases:
    """What the routes of API keys call."""

    api_keys: ApiKeys
    make: MakeApiKey
    revoke_all: RevokeKeys
    check_credential: CheckCredential


def add_keys(routes: APIRouter, use: KeyUseCases, *, face: Face) -> None:
    """Add the routes under `/auth/api-keys`."""

    @routes.get("/api-keys", summary="List your API keys")
    async def list_keys(caller: Owner) -> list[KeyOut]:
        """Without their secrets, which nobody can show again."""
        return [key_out(key) for key in await use.api_keys.of(caller.account_id)]

    @routes.post("/api-keys", status_code=status.HTTP_201_CREATED, summary="Make an API key", responses=refused(face, NO_MORE))
    async def make_key(body: KeyIn, caller: Owner) -> NewKeyOut:
        """For programs; `key` is shown this once and stored hashed. How many there may be is the tier's `api_keys`."""
        key, secret = await use.make(caller, name=body.name, scopes=body.scopes, expires_at=body.expires_at)
        return NewKeyOut.model_validate(key_out(key).model_dump() | {"key": secret})

    @routes.delete("/api-keys", summary="Revoke all your API keys")
    async def revoke_keys(caller: Owner) -> KeysRevokedOut:
        """Effective here at once, at other gateways within seconds."""
        return KeysRevokedOut(revoked_api_keys=await use.revoke_all(caller.account_id))

    @routes.delete("/api-keys/{key_id}", status_code=status.HTTP_204_NO_CONTENT, summary="Revoke an API key")
    async def revoke_key(key_id: KeyId, caller: Owner) -> None:
        """Effective here at once, at other gateways within seconds."""
        await use.api_keys.remove(key_id, account_id=caller.account_id)
        use.check_credential.forget(credential=key_id)


def key_out(key: ApiKey) -> KeyOut:
    """Say an API key, without its secret."""
    return KeyOut(
        id=key.id,
        name=key.name,
        prefix=key.shown,
        scopes=sorted(scope.value for scope in key.scopes),
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
    )
