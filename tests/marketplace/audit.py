"""Adding up the books of subscriptions: what must be so after every storm, said as problems."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from libs.chassis.stores.mongo import Database, from_decimal128
from services.marketplace.usecases.carry_on_bill import CANCELLED

Documents = list[dict[str, Any]]
KEPT, TAKEN = {"paid"}, {"paid", "refunding", "refunded"}


async def problems(database: Database) -> list[str]:
    """Return all that does not add up."""
    names = ("money_movements", "bills", "subscriptions", "sandbox_charges", "sandbox_refunds", "listings", "ratings")
    found = {name: await database[name].find().to_list(None) for name in names}
    return [
        *_lines(found["money_movements"]),
        *_places(found["money_movements"], found["bills"]),
        *_provider(found["bills"], found["sandbox_charges"], found["sandbox_refunds"]),
        *_subscriptions(found["subscriptions"], found["bills"]),
        *_listings(found["listings"], found["subscriptions"], found["ratings"]),
    ]


def amount_of(bill: dict[str, Any]) -> Decimal:
    return from_decimal128(bill["price"]) - from_decimal128(bill["credit"])


def _lines(movements: Documents) -> Iterator[str]:
    for movement in movements:
        amounts = [from_decimal128(line["amount"]) for line in movement["lines"]]
        if len(amounts) != 2 or sum(amounts) or amounts[1] <= 0:
            yield f"{movement['_id']}: {amounts}"


def _places(movements: Documents, bills: Documents) -> Iterator[str]:
    """Places, each account's and each seller's own, are the sums of movements; so they must be what the payments say."""
    lies: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for movement in movements:
        owner = {"customer": movement["account_id"], "seller:earnings": movement["seller_id"]}
        for line in movement["lines"]:
            lies[line["place"], owner.get(line["place"], "")] += from_decimal128(line["amount"])
    due: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for bill in bills:
        amount, fee = amount_of(bill), from_decimal128(bill["fee"])
        if bill["state"] in {"paid", "refunding"}:
            due["customer", bill["subscriber_id"]] -= amount
        if bill["state"] in KEPT:
            due["seller:earnings", bill["seller_id"]] += amount - fee
            due["platform:fees", ""] += fee
        if bill["state"] == "refunding":
            due["platform:refunds", ""] += amount
    for place in lies.keys() | due.keys():
        if lies[place] != due[place]:
            yield f"{place}: {lies[place]} by the movements, {due[place]} by the payments"


def _provider(bills: Documents, charges: Documents, refunds: Documents) -> Iterator[str]:
    """What the provider has taken and given back is what the books say, payment by payment."""
    taken = {each["_id"]: from_decimal128(each["amount"]) for each in charges if each["charge_id"]}
    booked = {bill["_id"]: amount_of(bill) for bill in bills if bill["state"] in TAKEN}
    if taken != booked:
        yield f"charges differ: {taken.items() ^ booked.items()}"
    given = {each["_id"]: from_decimal128(each["amount"]) for each in refunds}
    back = {f"{bill['_id']}:refund": amount_of(bill) for bill in bills if bill["state"] == "refunded"}
    if given != back:
        yield f"refunds differ: {given.items() ^ back.items()}"


def _subscriptions(subscriptions: Documents, bills: Documents) -> Iterator[str]:
    by_subscription: dict[str, Documents] = defaultdict(list)
    for bill in bills:
        by_subscription[bill["subscription_id"]].append(bill)
    held = Counter((each["listing_id"], each["subscriber_id"]) for each in subscriptions if each["open"])
    yield from (f"{who} has {count} open subscriptions" for who, count in held.items() if count > 1)
    for each in subscriptions:
        own = by_subscription[each["_id"]]
        earned = sum((amount_of(bill) for bill in own if bill["state"] in KEPT), Decimal(0))
        # One that was paid after its owner had cancelled made nothing longer, and is given back.
        wanted = [bill for bill in own if bill["kind"] == "renewal" and bill["refund_reason"] != CANCELLED]
        renewals = sum(bill["state"] in TAKEN for bill in wanted)
        told = [entry["body"] for entry in each.get("pending_events", [])]
        if from_decimal128(each["earned"]) != earned:
            yield f"{each['_id']} says it earned {each['earned']}, its payments {earned}"
        if each["renewals"] != renewals:
            yield f"{each['_id']} was renewed {each['renewals']} times and paid {renewals}"
        if len(told) != each["sequence"]:
            yield f"{each['_id']} tells {len(told)} events and counts {each['sequence']}"
        if each["bill_id"] is not None or each["state"] == "pending":
            yield f"{each['_id']} waits for {each['bill_id']}"
        if each["open"] and each["due_at"] is None:
            yield f"{each['_id']} would never end"


def _listings(listings: Documents, subscriptions: Documents, ratings: Documents) -> Iterator[str]:
    for listing in listings:
        own = [each for each in subscriptions if each["listing_id"] == listing["_id"]]
        revenue = sum((from_decimal128(each["earned"]) for each in own), Decimal(0))
        stars = [each["rating"] for each in ratings if each["listing_id"] == listing["_id"]]
        said = (from_decimal128(listing["revenue"]), listing["ratings"], listing["rating_sum"])
        if said != (revenue, len(stars), sum(stars)):
            yield f"{listing['_id']} says {said}, there are {(revenue, len(stars), sum(stars))}"
