"""`modelbourse market …`, for those who subscribe: subscribe, look, change, cancel, rate; and an admin's refund."""

from collections.abc import Mapping
from typing import Annotated, Final, cast

import typer

from modelbourse.answers.subscriptions import Period, Subscription, SubscriptionStatus
from modelbourse.cli import completing
from modelbourse.cli.finding import LISTING, SUBSCRIPTION
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, PageOption, SizeOption, counted, print_facts, print_json, print_table, say
from modelbourse.cli.spending import Amounts, YesOption, confirm_spending, paying
from modelbourse.gateway import new_key
from modelbourse.market import SubscriptionChanges
from modelbourse.modelbourse import Modelbourse

PAID: Final = ("price", "total_amount")
# How long one payment lasts.
MONTHS: Final[Mapping[str, int]] = {"MONTHLY": 1, "QUARTERLY": 3, "YEARLY": 12}
ListingId = Annotated[
    str,
    typer.Argument(metavar="LISTING", help="A listing's id, its beginning, or its title.", autocompletion=completing.listing_ids),
    LISTING,
]
SubscriptionId = Annotated[
    str,
    typer.Argument(
        metavar="SUBSCRIPTION",
        help="A subscription's id, its beginning, or the model's title.",
        autocompletion=completing.subscription_ids,
    ),
    SUBSCRIPTION,
]


def subscribe(
    listing_id: ListingId,
    *,
    period: Annotated[str, typer.Option(help="MONTHLY, QUARTERLY or YEARLY.")] = "MONTHLY",
    auto_renew: Annotated[bool, typer.Option(help="Whether it is paid for again when it ends.")] = True,
    version: Annotated[str | None, typer.Option(help="The version to stay on; the one that serves, if none is named.")] = None,
    payment_method: Annotated[str | None, typer.Option(help="How it is paid.")] = None,
    idempotency_key: Annotated[str | None, typer.Option(help="Of a payment that was not answered: it is not paid twice.")] = None,
    yes: YesOption = False,
    json_: JsonOption = False,
) -> None:
    """Pay for a period of a model's use: the price is shown, and asked for."""
    client = open_client()
    amounts = Amounts(client)

    def price() -> str:
        listing, currency = client.market.get(listing_id), amounts.currency()
        months = MONTHS.get(period)
        each = f"{listing.monthly_price} {currency} a month"
        whole = each if months is None else f"{listing.monthly_price * months} {currency} for {months} month{'s' if months > 1 else ''}"
        again = "it is paid for again when it ends" if auto_renew else "it is not renewed"
        return f"{listing.title} costs {whole}, less what is left of a shorter subscription to it; {again}."

    confirm_spending(price, yes=yes)
    key = idempotency_key or new_key()
    with paying(key):
        made = client.market.subscribe(
            listing_id,
            subscription_type=cast("Period", period),
            auto_renew=auto_renew,
            version=version,
            payment_method=payment_method,
            idempotency_key=key,
        )
    if json_:
        return print_json(made)
    # What has happened is said first: with --yes the currency is still to be asked for, of a marketplace that may be away by now.
    say(f"{made.message}: {made.subscription_id}, until {made.end_date}")
    if made.model_id:
        say(f"→ modelbourse predict {made.model_id} SYMBOL")
    return say(f"paid {amounts(made.total_amount)}")


def subscriptions(
    *,
    status: Annotated[str | None, typer.Option(help="ACTIVE, CANCELLED or EXPIRED.")] = None,
    page: PageOption = 1,
    page_size: SizeOption = 20,
    json_: JsonOption = False,
) -> None:
    """List your subscriptions, the newest first."""
    client = open_client()
    found = client.market.subscriptions_page(status=cast("SubscriptionStatus | None", status), page=page, page_size=page_size)
    if json_:
        return print_json(found)
    amounts = Amounts(client)
    rows = [
        (
            row.subscription_id,
            row.title,
            row.model_id,
            row.status,
            row.start_date,
            row.end_date,
            row.next_billing_date,
            amounts(row.total_amount),
        )
        for row in found.results
    ]
    columns = ("id", "title", "model", "status", "from", "until", "next billing", "paid")
    drop = ("paid", "from", "next billing", "model")
    return print_table(columns, rows, title=counted(found.count, "subscription", page=page, page_size=page_size), drop=drop)


def subscription(subscription_id: SubscriptionId, *, json_: JsonOption = False) -> None:
    """Show a subscription."""
    client = open_client()
    found = client.market.subscription(subscription_id)
    return print_json(found) if json_ else _print_subscription(found, Amounts(client))


def cancel(subscription_id: SubscriptionId, *, json_: JsonOption = False) -> None:
    """Have a subscription renewed no more: what is paid can be used until its end."""
    client = open_client()
    found = client.market.cancel(subscription_id)
    return print_json(found) if json_ else _print_subscription(found, Amounts(client))


def change(
    subscription_id: SubscriptionId,
    *,
    auto_renew: Annotated[bool | None, typer.Option("--auto-renew/--no-auto-renew", help="Whether it is paid for again.")] = None,
    version: Annotated[str | None, typer.Option(help="The version to stay on.")] = None,
    newest: Annotated[bool, typer.Option("--newest", help="Follow the version that serves.")] = False,
    card_on_file: Annotated[
        bool, typer.Option("--card-on-file", help="Pay from now on with the card on file; a declined renewal is tried at once.")
    ] = False,
    yes: YesOption = False,
    json_: JsonOption = False,
) -> None:
    """Change whether a subscription is renewed, which version answers, or what it is paid with."""
    if newest and version is not None:
        msg = "--version and --newest exclude each other"
        raise typer.BadParameter(msg)
    changes = SubscriptionChanges()
    if auto_renew is not None:
        changes["auto_renew"] = auto_renew
    if newest or version is not None:
        changes["version"] = version
    if card_on_file:
        changes["payment_method"] = "credit_card"
    client = open_client()
    amounts = Amounts(client)
    if card_on_file:
        confirm_spending(lambda: _price_of_renewals(client, subscription_id, amounts), yes=yes)
    found = client.market.change(subscription_id, **changes)
    return print_json(found) if json_ else _print_subscription(found, amounts)


def rate(
    listing_id: ListingId,
    rating: Annotated[int, typer.Argument(min=1, max=5, help="Stars.")],
    *,
    comment: Annotated[str | None, typer.Option(help="A word with them.")] = None,
    json_: JsonOption = False,
) -> None:
    """Rate what you subscribe to."""
    rated = open_client().market.rate(listing_id, rating, comment=comment)
    return print_json(rated) if json_ else say(f"{rated.listing_id} is rated {rated.average_rating:.2f} with it")


def ratings(listing_id: ListingId, *, page: PageOption = 1, page_size: SizeOption = 20, json_: JsonOption = False) -> None:
    """Show what subscribers say of a listing, the newest first."""
    found = open_client().market.ratings_page(listing_id, page=page, page_size=page_size)
    if json_:
        return print_json(found)
    rows = [(each.created_at, "★" * each.rating, each.comment) for each in found.results]
    return print_table(("when", "stars", "comment"), rows, title=counted(found.count, "rating", page=page, page_size=page_size))


def refund(subscription_id: SubscriptionId, *, reason: Annotated[str, typer.Option(help="Why.")], json_: JsonOption = False) -> None:
    """Give a subscription's last payment back and end it (admins)."""
    client = open_client()
    found = client.market.refund(subscription_id, reason)
    return print_json(found) if json_ else _print_subscription(found, Amounts(client))


def _price_of_renewals(client: Modelbourse, subscription_id: str, amounts: Amounts) -> str:
    found, currency = client.market.subscription(subscription_id), amounts.currency()
    return f"The card on file pays {found.price} {currency} for each renewal of {subscription_id}, and for a declined one now."


def _print_subscription(found: Subscription, amounts: Amounts) -> None:
    shown = dict(found)
    shown |= {name: amounts(shown[name]) for name in PAID}
    print_facts((name.replace("_", " "), value) for name, value in shown.items() if name != "reasons")
