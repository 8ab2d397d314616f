"""Accounts in MongoDB: one document each, names unique in lower case."""

from collections.abc import Sequence
from typing import Any, Final

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError, OperationFailure

from libs.chassis.stores.lists import read_part
from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.parts import Page, Part
from services.gateway.domain.accounts.account import Account, Role, Tier
from services.gateway.domain.errors import AccountChangedError, AccountNotFoundError, AccountTakenError
from services.gateway.outbound.outage import store_outages

# MongoDB's codes for a namespace and an index that are not there.
GONE: Final = frozenset({26, 27})
SUSPENDED: Final[dict[str, Any]] = {"suspended_at": {"$type": "date"}}


class AccountsMongo:
    """Implements the port Accounts."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        """Create the indexes."""
        await self._collection.create_index("login", name="login", unique=True)
        await self._forget_that_emails_were_unique()
        await self._collection.create_index([("email_key", 1), ("password_hash", 1)], name="email_and_password")
        await self._collection.create_index("suspended_at", name="suspended", partialFilterExpression=SUSPENDED)
        for fields in (("role",), ("tier",), ("role", "tier")):
            await self._collection.create_index([(field, ASCENDING) for field in (*fields, "_id")])

    async def _forget_that_emails_were_unique(self) -> None:
        try:
            await self._collection.drop_index("email_key")
        except OperationFailure as error:
            if error.code not in GONE:  # Never there, or dropped by another gateway that starts as well.
                raise

    async def add(self, account: Account) -> None:
        """Raise AccountTakenError when the username is another's."""
        try:
            await self._collection.insert_one({"_id": account.id} | to_document(account))
        except DuplicateKeyError as error:
            raise AccountTakenError from error

    async def get(self, account_id: str) -> Account:
        """Raise AccountNotFoundError when there is none."""
        with store_outages():
            document = await self._collection.find_one({"_id": account_id})
        if document is None:
            raise AccountNotFoundError(account_id)
        return from_document(document)

    async def find(self, username: str) -> Account | None:
        """Return the account with this username, case aside."""
        document = await self._collection.find_one({"login": username.casefold()})
        return from_document(document) if document else None

    async def find_by_email(self, email: str, *, password_hash: str) -> Account | None:
        """Return the oldest account with this email, case aside, and this password (ids sort by time)."""
        wanted = {"email_key": email.casefold(), "password_hash": password_hash}
        document = await self._collection.find_one(wanted, sort=[("_id", 1)])
        return from_document(document) if document else None

    async def admin_ids(self) -> Sequence[str]:
        """Return the ids of all admins that are not suspended."""
        wanted = {"role": Role.ADMIN.value, "suspended_at": None}
        return [document["_id"] async for document in self._collection.find(wanted, {"_id": 1})]

    async def save(self, account: Account) -> None:
        """Replace an account. Raise AccountChangedError when its version is no longer the stored one."""
        changed = to_document(account) | {"version": account.version + 1}
        written = await self._collection.update_one({"_id": account.id, "version": account.version}, {"$set": changed})
        if not written.matched_count:
            msg = "The account was changed in between; try again."
            raise AccountChangedError(msg)

    async def suspended_ids(self) -> Sequence[str]:
        """Return the ids of all suspended accounts."""
        return [document["_id"] async for document in self._collection.find(SUSPENDED, {"_id": 1})]

    async def page(self, part: Part, *, role: Role | None = None, tier: Tier | None = None) -> Page[Account]:
        """Return a part of the accounts, the oldest first (ids sort by time)."""
        wanted = {name: value for name, value in (("role", role), ("tier", tier)) if value is not None}
        return await read_part(self._collection, wanted, part, order=(("_id", ASCENDING),), read=from_document)

    async def named(self, beginning: str, part: Part) -> Page[Account]:
        """Return a part of the accounts whose usernames begin so, case aside, in the order of their names."""
        folded = beginning.casefold()
        wanted = {"login": {"$gte": folded, "$lt": f"{folded}{chr(0x10FFFF)}"}}
        return await read_part(self._collection, wanted, part, order=(("login", ASCENDING),), read=from_document)


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
        "suspended_at": account.suspended_at,
        "erasing_at": account.erasing_at,
        "erased_at": account.erased_at,
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
        suspended_at=document.get("suspended_at"),
        erasing_at=document.get("erasing_at"),
        erased_at=document.get("erased_at"),
    )
