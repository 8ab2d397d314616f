"""Give a person all that the platform keeps of them, a part at a time: from the gateway first, then from each other owner."""

from dataclasses import dataclass
from typing import Final

from libs.chassis.errors import InvalidError
from libs.contracts.exports import ExportPart, ReadAccountInInference, ReadAccountInMarketplace, ReadAccountInTraining
from services.gateway.domain.accounts.ports import Accounts, OwnExports
from services.gateway.domain.services import Owners

OWNERS: Final = ("gateway", "training", "inference", "marketplace")
MOST: Final = 200


@dataclass(frozen=True, slots=True)
class ExportAccount:
    """Reads alone; what is written meanwhile may be in it or not."""

    accounts: Accounts
    own: OwnExports
    owners: Owners

    async def __call__(self, account_id: str, *, after: str) -> ExportPart:
        """Return a part, behind a place that the part before has told.

        Raise NotFoundError, InvalidError for a place that is none, UnavailableError or AskTimeoutError.
        """
        owner, _, place = after.partition(":")
        if owner not in {"", *OWNERS}:
            msg = "There is no such place in an export."
            raise InvalidError(msg, details={"after": ["Give `next_after` of the page before, or leave it out."]})
        await self.accounts.get(account_id)
        owner = owner or OWNERS[0]
        part = await self._part(owner, account_id, place)
        if part.next_after is not None:
            return part.model_copy(update={"next_after": f"{owner}:{part.next_after}"})
        following = OWNERS[OWNERS.index(owner) + 1 :]
        return part.model_copy(update={"next_after": f"{following[0]}:" if following else None})

    async def _part(self, owner: str, account_id: str, place: str) -> ExportPart:
        match owner:
            case "training":
                return await self.owners.account(ReadAccountInTraining(account_id=account_id, after=place))
            case "inference":
                return await self.owners.account(ReadAccountInInference(account_id=account_id, after=place))
            case "marketplace":
                return await self.owners.account(ReadAccountInMarketplace(account_id=account_id, after=place))
            case _:
                return await self.own.part(account_id, after=place, most=MOST)
