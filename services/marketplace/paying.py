"""The payment provider's part of the marketplace's wiring."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from libs.chassis.stores.mongo import Database
from services.marketplace.domain.payments import Payments
from services.marketplace.outbound.payments_absent import PaymentsAbsent
from services.marketplace.outbound.payments_sandbox_mongo import PaymentsSandbox
from services.marketplace.settings import Settings

# Longer than a purchase waits for its provider: what gives up is the purchase.
ANSWER_WITHIN_S: Final = 10.0


def make_payments(settings: Settings, database: Database) -> Payments:
    """Return the provider that the settings name."""
    match settings.payments:
        case "sandbox":
            return PaymentsSandbox(database)
        case "stripe":
            return _stripe(settings, database)
        case "none":
            return PaymentsAbsent()


@asynccontextmanager
async def closing(payments: Payments) -> AsyncIterator[None]:
    """Close the provider's connections when the context ends."""
    try:
        yield
    finally:
        if (close := getattr(payments, "close", None)) is not None:
            await close()


def _stripe(settings: Settings, database: Database) -> Payments:
    # Here and not above: a marketplace without Stripe needs none of it.
    from stripe import HTTPXClient, StripeClient  # noqa: PLC0415 - as said above

    from services.marketplace.outbound.payments_stripe import PaymentsStripe  # noqa: PLC0415 - as said above
    from services.marketplace.outbound.stripe_records_mongo import StripeRecords  # noqa: PLC0415 - as said above

    # It logs requests' bodies when it is let to.
    logging.getLogger("stripe").setLevel(logging.WARNING)
    assert settings.stripe_key is not None  # The settings see to it.
    http = HTTPXClient(timeout=ANSWER_WITHIN_S)
    # A purchase that was not heard of goes on by itself, with pauses: the library need not try again.
    client = StripeClient(settings.stripe_key, http_client=http, base_addresses={"api": settings.stripe_url}, max_network_retries=0)
    return PaymentsStripe(client, http, StripeRecords(database), settings.stripe_currency)
