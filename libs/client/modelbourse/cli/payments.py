"""`modelbourse payments …`: receipts of what you have paid, and of what your listings were paid."""

from typing import Annotated

import typer

from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, PageOption, SizeOption, counted, print_facts, print_json, print_table

cli = typer.Typer(help="Receipts of what you have paid and were paid.", no_args_is_help=True)


@cli.command("list")
def list_(
    *,
    kind: Annotated[str | None, typer.Option(help="Only CREDITS, SUBSCRIPTION, UPGRADE, RENEWAL or EARNING.")] = None,
    status: Annotated[str | None, typer.Option(help="Only PENDING, PAID, DECLINED, REFUNDING or REFUNDED.")] = None,
    start: Annotated[str | None, typer.Option(help="First day, inclusive.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day, inclusive.")] = None,
    page: PageOption = 1,
    page_size: SizeOption = 20,
    json_: JsonOption = False,
) -> None:
    """List your payments, the newest first."""
    found = open_client().payments.page(
        kind=kind,  # type: ignore[arg-type]  # the gateway knows the words
        status=status,  # type: ignore[arg-type]  # as above
        start_date=start,
        end_date=end,
        page=page,
        page_size=page_size,
    )
    if json_:
        return print_json(found)
    rows = [
        (each.payment_id, each.created_at, each.kind, each.status, f"{each.amount} {each.currency}", each.description)
        for each in found.results
    ]
    title = counted(found.count, "payment", page=page, page_size=page_size)
    return print_table(("id", "when", "kind", "status", "amount", "for"), rows, title=title)


@cli.command()
def show(payment_id: Annotated[str, typer.Argument(metavar="PAYMENT", help="A payment's id.")], *, json_: JsonOption = False) -> None:
    """Show one payment: what for, how much, and where it stands."""
    found = open_client().payments.get(payment_id)
    if json_:
        return print_json(found)
    facts = {name: value for name, value in found.as_json().items() if name != "reasons" and value is not None}
    return print_facts((name.replace("_", " "), value) for name, value in facts.items())
