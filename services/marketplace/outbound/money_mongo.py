"""Movements of money as MongoDB keeps them, in the collection `money_movements`."""

from typing import Any

from libs.chassis.stores.mongo import to_decimal128
from services.marketplace.domain.money import MoneyMovement


def movement_document(movement: MoneyMovement) -> dict[str, Any]:
    """Return a movement's document; the fields of a lease are those of its subscription's payment."""
    lease = movement.lease
    return {
        "_id": movement.id,
        "account_id": movement.account_id,
        "cause": movement.cause.value,
        "at": movement.at,
        "purchase_id": movement.purchase_id,
        "charge_id": movement.charge_id,
        "lines": [{"place": place.value, "amount": to_decimal128(amount)} for place, amount in movement.lines],
    } | ({name: getattr(lease, name) for name in lease.__slots__} if lease else {})
