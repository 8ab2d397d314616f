"""Watch whether the books add up: some accounts at a time, so that it stays cheap however many there are."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from libs.chassis.logs import log
from libs.contracts.ledger import LedgerFault
from services.marketplace.domain.ledger_check import LedgerBooks, LedgerWatch, faults_of
from services.marketplace.domain.ports import Clock

IN_MONEY: Final = frozenset({"PAYMENT", "SUBSCRIPTION"})
# The documents of the ledger of hours; one of another collection that cannot be read is of money.
OF_CREDITS: Final = ("wallets/", "reservations/")
# A call every five minutes: each account's turn comes every hour, as long as a call need not look at more than so many.
CALLS_A_ROUND: Final = 12
AT_ONCE_MOST: Final = 2000


@dataclass(frozen=True, slots=True)
class WatchBooks:
    """Each call looks at the next accounts, `most` or a twelfth of all, and again at those whose books did not add up before."""

    books: LedgerBooks
    watch: LedgerWatch
    clock: Clock
    most: int = 100

    async def __call__(self) -> Mapping[str, int]:
        """Return how many things are wrong in the ledger of `credits` and in that of `money`, as far as is known."""
        most = max(self.most, min(AT_ONCE_MOST, -(-await self.books.count() // CALLS_A_ROUND)))
        wrong = await self.watch.wrong(most=most)
        following, last = await self._next_accounts(most)
        for account_id in dict.fromkeys([*wrong, *following]):
            faults = faults_of(await self.books.of(account_id), at=self.clock())
            if faults and account_id not in wrong:
                log().error("the books do not add up", account_id=account_id, faults=[each.message for each in faults])
            if faults or account_id in wrong:
                await self.watch.note(account_id, _by_ledger(faults), at=self.clock())
        await self.watch.go_on(last)
        return await self.watch.found()

    async def _next_accounts(self, most: int) -> tuple[Sequence[str], str]:
        """Return the accounts whose turn it is, and where it goes on; behind the last one it is the first's again, the next time."""
        found: list[str] = []
        last = await self.watch.place()
        while len(found) < most:
            account_id = await self.books.next_account(last)
            last = account_id or ""
            if account_id is None:
                break
            found.append(account_id)
        return found, last


def _by_ledger(faults: Sequence[LedgerFault]) -> Mapping[str, int]:
    unread = {each.subject: each.subject.startswith(OF_CREDITS) for each in faults if each.code == "UNREADABLE"}
    in_money = Counter(each.code in IN_MONEY or not unread.get(each.subject, True) for each in faults)
    return {"credits": in_money[False], "money": in_money[True]}
