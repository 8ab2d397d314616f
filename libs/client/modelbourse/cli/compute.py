"""`modelbourse credits …`: compute hours used, and more of them."""

from typing import Annotated

import typer

from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, print_facts, print_json, print_table, say
from modelbourse.cli.spending import YesOption, amount_of, confirm_spending, paying
from modelbourse.gateway import new_key

cli = typer.Typer(help="Compute hours.", no_args_is_help=True)


@cli.command()
def usage(
    *,
    start: Annotated[str | None, typer.Option(help="First day, inclusive; without dates this month.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day, inclusive.")] = None,
    by: Annotated[str, typer.Option(help="What the table shows: job or day.")] = "job",
    json_: JsonOption = False,
) -> None:
    """Show measured hours and their cost."""
    if by not in {"job", "day"}:
        msg = "--by is job or day"
        raise typer.BadParameter(msg)
    found = open_client().credits.usage(start_date=start, end_date=end)
    if json_:
        return print_json(found)
    period = found.current_period
    print_facts(
        [
            ("period", period.period),
            ("used", f"{period.hours_used:.6f} of {period.hours_limit:.6f} hours"),
            ("share", None if period.percentage_used is None else f"{period.percentage_used} %"),
            ("cost", f"{period.cost} {found.currency}"),
            ("available now", f"{period.hours_available:.6f} hours"),
        ]
    )
    if by == "day":
        return print_table(("date", "hours", "cost"), [(day.date, day.hours, day.cost) for day in found.daily_usage])
    rows = [(job.job_id, job.job_name, job.hours, job.cost, job.resource_type) for job in found.usage_by_job]
    return print_table(("job", "name", "hours", "cost", "ran on"), rows, drop=("ran on",))


@cli.command()
def purchase(
    hours: Annotated[float, typer.Argument(help="How many hours.")],
    *,
    payment_method: Annotated[str, typer.Option(help="How it is paid.")] = "credit_card",
    idempotency_key: Annotated[str | None, typer.Option(help="Of a purchase that was not answered: it is not paid twice.")] = None,
    yes: YesOption = False,
    json_: JsonOption = False,
) -> None:
    """Buy compute hours: the price is shown, and asked for."""
    client = open_client()

    def price() -> str:
        found = client.credits.prices()
        amount = amount_of(hours, price_per_hour=found.price_per_hour)
        each = f"{found.price_per_hour} {found.currency} an hour"
        return f"{hours:g} compute hours cost {amount} {found.currency} ({each}), paid with {payment_method}."

    confirm_spending(price, yes=yes)
    key = idempotency_key or new_key()
    with paying(key):
        bought = client.credits.purchase(hours, payment_method=payment_method, idempotency_key=key)
    if json_:
        return print_json(bought)
    paid = f"bought {bought.hours_purchased:g} hours for {bought.amount} {bought.currency} ({bought.transaction_id})"
    return say(f"{paid}; {bought.new_balance:.6f} hours can be used now, these until {bought.expires_at:%Y-%m-%d}")


@cli.command()
def limits(*, json_: JsonOption = False) -> None:
    """Show what your tier may use, and what is used of it."""
    found = open_client().credits.limits()
    if json_:
        return print_json(found)
    named = ((name, getattr(found.limits, name)) for name in type(found.limits).model_fields)
    rows = [(name.replace("_", " "), each.used, each.limit, each.more_on, each.description) for name, each in named]
    rows += [("requests an hour", None, found.requests_per_hour, None, ""), ("hours a month", None, found.monthly_hours, None, "")]
    return print_table(("limit", "used", "of", "more on", "what it is"), rows, title=f"tier {found.tier}")
