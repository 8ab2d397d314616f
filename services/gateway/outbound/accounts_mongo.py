"""Accounts in MongoDB: one document each, names and addresses unique in lower case."""

from collections.abc import Sequence
from typing import Any

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.lists import read_part
from libs.chassis.mongo import Collection
from libs.chassis.parts import Part
from services.gateway.domain.account import Account, Role, Tier
from services.gateway.domain.errors import AccountChangedError, AccountTakenError, NotFoundError
from services.gateway.domain.studio_ports import Page
from services.gateway.outbound.outage import outage_told


class AccountsMongo:
    """Implements the port Accounts."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        """Create the indexes."""
        await self._collection.create_index("login", name="login", unique=True)
        await self._collection.create_index("email_key", name="email_key", unique=True)

    async def add(self, account: Account) -> None:
        """Raise AccountTakenError when the username or email is another's."""
        try:
            await self._collection.insert_one({"_id": account.id} | to_document(account))
        except DuplicateKeyError as error:
            field = "email" if "email_key" in (error.details or {}).get("keyPattern", {}) else "username"
            msg = f"There is already an account with this {field}."
            raise AccountTakenError(msg, details={field: [msg]}) from error

    async def get(self, account_id: str) -> Account:
        """Raise NotFoundError when there is none."""
        with outage_told():
            document = await self._collection.find_one({"_id": account_id})
        if document is None:
            msg = "There is no such account."
            raise NotFoundError(msg)
        return from_document(document)

    async def find(self, login: str) -> Account | None:
        """Return the account with this username or email, case aside."""
        field = "email_key" if "@" in login else "login"
        document = await self._collection.find_one({field: login.casefold()})
        return from_document(document) if document else None

    async def admin_ids(self) -> Sequence[str]:
        """Return the ids of all admins."""
        return [document["_id"] async for document in self._collection.find({"role": Role.ADMIN.value}, {"_id": 1})]

    async def save(self, account: Account) -> None:
        """Replace an account. Raise AccountChangedError when its version is no longer the stored one."""
        changed = to_document(account) | {"version": account.version + 1}
        written = await self._collection.update_one({"_id": account.id, "version": account.version}, {"$set": changed})
        if not written.matched_count:
            msg = "The account was changed in between; try again."
            raise AccountChangedError(msg)

    async def page(self, part: Part, *, role: Role | None = None, tier: Tier | None = None) -> Page[Account]:
        """Return a part of the accounts, the oldest first (ids sort by time)."""
        wanted = {name: value for name, value in (("role", role), ("tier", tier)) if value is not None}
        found = await read_part(self._collection, wanted, part, order=(("_id", ASCENDING),))
        return Page(found.count, [from_document(document) for document in found.documents], found.after)


def to_document(account: Account) -> dict[str, Any]:
    """Return what is stored of an account, without its id."""
    return {
        "username": account.username,
        "login": account.username.casefold(),
        "email": account.email,
        "email_key": account.email.casefold(),
        "password_hash": account.password_hash,
        "role": account.role.value,
        "tier": account.tier.value,
        "created_at": account.created_at,
        "epoch": account.epoch,
        "version": account.version,
    }


def from_document(document: dict[str, Any]) -> Account:
    """Return the stored account."""
    return Account(
        id=document["_id"],
        username=document["username"],
        email=document["email"],
        password_hash=document["password_hash"],
        role=Role(document["role"]),
        tier=Tier(document["tier"]),
        created_at=document["created_at"],
        epoch=document["epoch"],
        version=document["version"],
    )
