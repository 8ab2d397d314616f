"""`modelbourse market …`: publish, browse, subscribe, rate, review, and see what was earned."""

from typing import Annotated, Any, Final

import typer

from modelbourse.answers.market import ListingDetails, ListingRow
from modelbourse.cli import records, subscribing
from modelbourse.cli.acknowledging import ACKNOWLEDGED, acknowledge
from modelbourse.cli.ages import aged, generated
from modelbourse.cli.given import ModelId, read_json
from modelbourse.cli.opening import open_client
from modelbourse.cli.records import print_records
from modelbourse.cli.showing import JsonOption, PageOption, SizeOption, counted, print_facts, print_json, print_table, say
from modelbourse.cli.spending import Amounts
from modelbourse.cli.subscribing import ListingId
from modelbourse.errors import InvalidRequestError

OF_SELLERS: Final = ("id", "title", "seller", "category", "a month")
COLUMNS: Final = (*OF_SELLERS, "sharpe, ranked", "sharpe, live", "rating", "subscribers", "status", "data to")
DROP: Final = ("subscribers", "category", "seller", "status", "rating", "sharpe, live")
cli = typer.Typer(help="The marketplace.", no_args_is_help=True)
for command in (
    subscribing.subscribe,
    subscribing.subscriptions,
    subscribing.subscription,
    subscribing.cancel,
    subscribing.change,
    subscribing.rate,
    subscribing.ratings,
    subscribing.refund,
    records.verify,
):
    cli.command()(command)


@cli.command("list")
def list_(
    search: Annotated[list[str] | None, typer.Argument(metavar="[WORD]...", help="Words of title and description.")] = None,
    *,
    category: Annotated[str | None, typer.Option(help="Only this category.")] = None,
    asset_class: Annotated[list[str] | None, typer.Option(help="For one of these, repeatable.")] = None,
    min_sharpe: Annotated[float | None, typer.Option(help="Only what is ranked, with at least this Sharpe ratio.")] = None,
    max_price: Annotated[str | None, typer.Option(help="Up to this monthly price.")] = None,
    seller: Annotated[str | None, typer.Option(help="`me`: your own, in all states; or an account's id.")] = None,
    status: Annotated[str | None, typer.Option(help="PENDING_REVIEW: what waits for reviewers (admins).")] = None,
    ordering: Annotated[str | None, typer.Option(help="What comes first.")] = None,
    page: PageOption = 1,
    page_size: SizeOption = 20,
    json_: JsonOption = False,
) -> None:
    """Browse what is on sale."""
    client = open_client()
    found = client.market.page(
        search=" ".join(search) if search else None,
        category=category,
        asset_classes=asset_class,
        min_sharpe_ratio=min_sharpe,
        max_price=max_price,
        seller=seller,
        status=status,
        ordering=ordering,
        page=page,
        page_size=page_size,
    )
    if json_:
        return print_json(found)
    amounts = Amounts(client)
    title = counted(found.count, "listing", page=page, page_size=page_size)
    return print_table(COLUMNS, [_row(row, amounts) for row in found.results], title=title, drop=DROP)


@cli.command()
def show(listing_id: ListingId, *, json_: JsonOption = False) -> None:
    """Show a listing: the offer, both records, and what they count for."""
    client = open_client()
    found = client.market.get(listing_id)
    return print_json(found) if json_ else _print_listing(found, Amounts(client))


@cli.command()
def publish(
    model_id: ModelId,
    *,
    file: Annotated[str | None, typer.Option("--file", help="The whole offer as JSON (`-`: stdin), as the API takes it.")] = None,
    title: Annotated[str | None, typer.Option(help="How it is called on the market.")] = None,
    category: Annotated[str | None, typer.Option(help="MOMENTUM, MEAN_REVERSION …")] = None,
    asset_class: Annotated[list[str] | None, typer.Option(help="EQUITY, INDEX …, repeatable.")] = None,
    price: Annotated[str | None, typer.Option(help="A month, with at most two decimals.")] = None,
    description: Annotated[str | None, typer.Option(help="What buyers read.")] = None,
    terms: Annotated[str | None, typer.Option(help="Terms and conditions.")] = None,
    acknowledge_static_data: Annotated[
        bool, typer.Option("--acknowledge-static-data", help="Publish it though no newer candles of its symbols come; buyers are told.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Submit a trained model to the reviewers: by a file, by options, or by a file and options that change it."""
    told = {
        "title": title,
        "description": description,
        "category": category,
        "asset_classes": asset_class or None,
        "monthly_price": price,
        "terms_and_conditions": terms,
        ACKNOWLEDGED: acknowledge_static_data or None,
    }
    offer = (read_json(file) if file else {}) | {name: value for name, value in told.items() if value is not None}
    client = open_client()
    try:
        made = client.market.publish_of(model_id, offer)
    except InvalidRequestError as refusal:
        acknowledge(refusal)
        made = client.market.publish_of(model_id, offer | {ACKNOWLEDGED: True})
    return print_json(made) if json_ else say(f"{made.listing_id} is {made.status}: {made.message}")


@cli.command()
def unpublish(model_id: ModelId, *, json_: JsonOption = False) -> None:
    """Withdraw a model: who has subscribed keeps the time that is paid."""
    done = open_client().market.unpublish(model_id)
    return print_json(done) if json_ else say(f"{done.listing_id} is {done.status}: {done.message}")


@cli.command()
def approve(listing_id: ListingId, *, json_: JsonOption = False) -> None:
    """Put a listing on sale (admins)."""
    found = open_client().market.approve(listing_id)
    return print_json(found) if json_ else say(f"{found.id} is {found.status}")


@cli.command()
def reject(listing_id: ListingId, *, reason: Annotated[str, typer.Option(help="Its seller reads it.")], json_: JsonOption = False) -> None:
    """Turn a listing down (admins)."""
    found = open_client().market.reject(listing_id, reason)
    return print_json(found) if json_ else say(f"{found.id} is {found.status}")


@cli.command()
def feature(
    listing_id: ListingId,
    *,
    featured: Annotated[bool, typer.Option("--on/--off", help="Before the others, or no longer.")] = True,
    json_: JsonOption = False,
) -> None:
    """Show a listing before the others (admins)."""
    found = open_client().market.feature(listing_id, featured=featured)
    return print_json(found) if json_ else say(f"{found.id} is {'featured' if found.is_featured else 'not featured'}")


@cli.command()
def dashboard(*, json_: JsonOption = False) -> None:
    """Show what you have, and what happened lately."""
    client = open_client()
    found = client.market.dashboard()
    if json_:
        return print_json(found)
    summary = found.summary.as_json() | {"total_earnings": Amounts(client)(found.summary.total_earnings)}
    print_facts((name.replace("_", " "), value) for name, value in summary.items() if not isinstance(value, dict))
    return print_table(("when", "what", ""), [(each.timestamp, each.type, each.message) for each in found.recent_activity])


@cli.command()
def earnings(*, json_: JsonOption = False) -> None:
    """Show what your listed models have earned."""
    client = open_client()
    found, amounts = client.market.earnings(), Amounts(client)
    if json_:
        return print_json(found)
    print_facts(
        [
            ("revenue", amounts(found.total_revenue, found.currency)),
            ("platform's fees", amounts(found.platform_fees, found.currency)),
            ("net", amounts(found.net_earnings, found.currency)),
            ("active subscriptions", found.active_subscriptions),
        ]
    )
    rows = [
        (each.model_name, amounts(each.monthly_revenue, found.currency), each.subscribers, each.churn_rate)
        for each in found.revenue_by_model
    ]
    whys = dict.fromkeys(f"churn -: {why}" for each in found.revenue_by_model if (why := each.reasons.get("churn_rate")))
    return print_table(("model", "this month", "subscribers", "churn"), rows, caption="\n".join(whys) or None)


def _print_listing(found: ListingDetails, amounts: Amounts) -> None:
    print_facts(
        [
            ("id", found.id),
            ("title", found.title),
            ("description", found.description or None),
            ("seller", found.seller.username),
            ("status", found.status),
            ("rejected", found.rejection_reason),
            ("category", found.category),
            ("for", found.asset_classes),
            ("a month", amounts(found.monthly_price)),
            ("data to", _data(found)),
            ("model", f"{found.model_id}, version {found.model_version}"),
            ("rating", found.average_rating),
            ("subscribers", found.total_subscribers),
            ("terms", found.terms_and_conditions or None),
        ]
    )
    if found.data_note:
        say(found.data_note)
    print_records(found)


def _row(row: ListingRow, amounts: Amounts) -> tuple[Any, ...]:
    """Return a listing's cells, as `COLUMNS` names them."""
    return (
        row.id,
        f"{row.title}{' ★' if row.is_featured else ''}",
        row.seller.username,
        row.category,
        amounts(row.monthly_price),
        row.ranking_sharpe_ratio,
        row.live_performance.sharpe_ratio if row.live_performance else None,
        row.average_rating,
        row.total_subscribers,
        row.status,
        _data(row),
    )


def _data(row: ListingRow) -> str:
    """Return how old a listing's data is, whether newer comes, and whether it was generated."""
    synthetic = generated((), synthetic=row.performance_metrics.synthetic)
    return aged(row.as_of, row.age_bars, row.stale, "STATIC" if row.static_data else "", synthetic)
