"""Look whether the books balance: a part of the accounts at a time, so that it stays cheap however many there are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from libs.chassis.logs import log
from services.marketplace.domain.ports import Ledger

NAMED: Final = 10


@dataclass(slots=True)
class CheckBooks:
    """Each call looks at the next `most` accounts and movements of money, and again at whatever did not balance before."""

    ledger: Ledger
    most: int = 1000
    _hours: Mapping[str, Decimal] = field(default_factory=dict)
    _money: Mapping[str, Decimal] = field(default_factory=dict)
    _account: str = ""
    _movement: str = ""

    async def __call__(self) -> Mapping[str, Decimal]:
        """Return by how much the ledgers do not balance, as far as is known: `credits` in hours, `money` in its currency."""
        hours = await self.ledger.wallets(after=self._account, most=self.most, also=list(self._hours))
        money = await self.ledger.money(after=self._movement, most=self.most, also=list(self._money))
        self._account, self._movement = hours.last, money.last
        found = {**hours.off, **money.off}
        if new := found.keys() - self._hours.keys() - self._money.keys():
            log().error("the books do not balance", count=len(new), such_as={name: str(found[name]) for name in sorted(new)[:NAMED]})
        self._hours, self._money = hours.off, money.off
        return {"credits": sum(self._hours.values(), Decimal(0)), "money": sum(self._money.values(), Decimal(0))}
