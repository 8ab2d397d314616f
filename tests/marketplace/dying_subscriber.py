"""A marketplace's process that is killed while the payment provider is at work: before it has taken or given money, or right after."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from motor.motor_asyncio import AsyncIOMotorClient

from libs.contracts.subscriptions import RefundSubscription, Subscribe
from services.marketplace.domain.payments import Charge, Decline, Refund
from services.marketplace.domain.subscription import Terms
from services.marketplace.outbound.listings_mongo import ListingsMongo, ModelVersionsMongo
from services.marketplace.outbound.payments_sandbox_mongo import PaymentsSandbox
from services.marketplace.subscribing import make_subscriptions


@dataclass(frozen=True, slots=True)
class LastCall:
    """A provider during whose call the process dies."""

    provider: PaymentsSandbox
    when: str

    @property
    def methods(self) -> Mapping[str, str]:
        return self.provider.methods

    def knows(self, method: str) -> bool:
        return self.provider.knows(method)

    async def charge(self, **what: Any) -> Charge | Decline:
        self._dies("before")
        said = await self.provider.charge(**what)
        self._dies("after")
        return said

    async def refund(self, **what: Any) -> Refund:
        self._dies("before")
        given = await self.provider.refund(**what)
        self._dies("after")
        return given

    def _dies(self, when: str) -> None:
        if when == self.when:
            os.kill(os.getpid(), signal.SIGKILL)


async def main(ask: str, said: str) -> None:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(os.environ["MONGO_URL"], tz_aware=True, tzinfo=UTC)
    database, at = client[os.environ["DATABASE"]], datetime.fromisoformat(os.environ["AT"])
    listings = ListingsMongo(database, on_write=lambda: None)
    parts = make_subscriptions(
        database=database,
        listings=listings,
        versions=ModelVersionsMongo(database),
        payments=LastCall(PaymentsSandbox(database), os.environ["DIES"]),
        clock=lambda: at,
        within=timedelta(seconds=30),
        terms=Terms(fee_rate=Decimal("0.20"), grace=timedelta(days=3)),
        currency="USD",
        wake=lambda: None,
    )
    match ask:
        case "subscribe":
            await parts.use.subscribe(Subscribe.model_validate_json(said))
        case "refund":
            await parts.use.refund(RefundSubscription.model_validate_json(said))
        case _:
            await parts.renew()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
