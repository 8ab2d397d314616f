"""Watch whether the books add up: some accounts at a time, so that it stays cheap however many there are."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from libs.chassis.logs import log
from libs.contracts.ledger import LedgerFault
from services.marketplace.domain.ledger_check import LedgerBooks, faults_of
from services.marketplace.domain.ports import Clock

IN_MONEY: Final = frozenset({"PAYMENT", "SUBSCRIPTION"})


@dataclass(slots=True)
class WatchBooks:
    """Each call looks at the next `most` accounts, and again at those whose books did not add up before."""

    books: LedgerBooks
    clock: Clock
    most: int = 100
    _last: str = ""
    _wrong: dict[str, tuple[LedgerFault, ...]] = field(default_factory=dict)

    async def __call__(self) -> Mapping[str, int]:
        """Return how many things are wrong in the ledger of `credits` and in that of `money`, as far as is known."""
        for account_id in [*self._wrong, *await self._next_accounts()]:
            faults = faults_of(await self.books.of(account_id), at=self.clock())
            if faults and account_id not in self._wrong:
                log().error("the books do not add up", account_id=account_id, faults=[each.message for each in faults])
            self._wrong.pop(account_id, None)
            if faults:
                self._wrong[account_id] = faults
        found = Counter("money" if each.code in IN_MONEY else "credits" for faults in self._wrong.values() for each in faults)
        return {ledger: found[ledger] for ledger in ("credits", "money")}

    async def _next_accounts(self) -> list[str]:
        """Return the accounts whose turn it is; behind the last one it is the first's again, the next time."""
        found: list[str] = []
        while len(found) < self.most:
            account_id = await self.books.next_account(self._last)
            self._last = account_id or ""
            if account_id is None:
                break
            found.append(account_id)
        return found
