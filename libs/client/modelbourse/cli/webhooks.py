"""`modelbourse webhooks …`: be told instead of asking."""

from typing import Annotated, cast

import typer

from modelbourse.answers.webhooks import DeliveryDetails, DeliveryStatus
from modelbourse.cli import completing
from modelbourse.cli.finding import DELIVERY, WEBHOOK
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, PageOption, SizeOption, counted, print_facts, print_json, print_table, say

cli = typer.Typer(help="Webhooks and their deliveries.", no_args_is_help=True)
WebhookId = Annotated[
    str,
    typer.Argument(metavar="WEBHOOK", help="A webhook's id, its beginning, or its URL.", autocompletion=completing.webhook_ids),
    WEBHOOK,
]
DeliveryId = Annotated[str, typer.Argument(metavar="DELIVERY", help="A delivery's id, or its beginning."), DELIVERY]


@cli.command("list")
def list_(*, page: PageOption = 1, page_size: SizeOption = 20, json_: JsonOption = False) -> None:
    """List your webhooks, the newest first."""
    found = open_client().webhooks.page(page=page, page_size=page_size)
    if json_:
        return print_json(found)
    rows = [(row.id, row.url, row.events, row.enabled, row.failing_since) for row in found.results]
    title = counted(found.count, "webhook", page=page, page_size=page_size)
    return print_table(("id", "url", "events", "enabled", "failing since"), rows, title=title, drop=("events",))


@cli.command()
def create(
    url: Annotated[str, typer.Argument(help="Where to: public https (in development also this machine).")],
    *,
    event: Annotated[list[str], typer.Option(help="An event, repeatable.")],
    json_: JsonOption = False,
) -> None:
    """Make a webhook. Its secret is shown this once: keep it."""
    made = open_client().webhooks.create(url, event)
    if json_:
        return print_json(made)
    return print_facts([("id", made.id), ("url", made.url), ("events", made.events), ("secret", made.secret)])


@cli.command()
def show(webhook_id: WebhookId, *, json_: JsonOption = False) -> None:
    """Show a webhook, its secret masked."""
    found = open_client().webhooks.get(webhook_id)
    if json_:
        return print_json(found)
    names = ("id", "url", "events", "enabled", "secret", "created_at", "failing_since", "disabled_at", "disabled_reason")
    return print_facts((name.replace("_", " "), getattr(found, name)) for name in names)


@cli.command()
def enable(webhook_id: WebhookId, *, json_: JsonOption = False) -> None:
    """Enable a webhook: what waits for it is tried at once."""
    changed = open_client().webhooks.update(webhook_id, enabled=True)
    return print_json(changed) if json_ else say(f"{changed.id} is enabled")


@cli.command()
def disable(webhook_id: WebhookId, *, json_: JsonOption = False) -> None:
    """Disable a webhook: what happens meanwhile is not told."""
    changed = open_client().webhooks.update(webhook_id, enabled=False)
    return print_json(changed) if json_ else say(f"{changed.id} is disabled")


@cli.command()
def delete(webhook_id: WebhookId, *, json_: JsonOption = False) -> None:
    """Delete a webhook with its history."""
    open_client().webhooks.delete(webhook_id)
    return print_json({"id": webhook_id, "deleted": True}) if json_ else say(f"deleted {webhook_id}")


@cli.command("test")
def try_(webhook_id: WebhookId, *, json_: JsonOption = False) -> None:
    """Have a test call made."""
    return _queued(open_client().webhooks.test(webhook_id), webhook_id, json_=json_)


@cli.command()
def deliveries(
    webhook_id: WebhookId,
    *,
    status: Annotated[str | None, typer.Option(help="PENDING, DELIVERED or FAILED.")] = None,
    page: PageOption = 1,
    page_size: SizeOption = 20,
    json_: JsonOption = False,
) -> None:
    """List a webhook's deliveries of the last 30 days, the newest first."""
    word = cast("DeliveryStatus | None", status)
    found = open_client().webhooks.deliveries_page(webhook_id, status=word, page=page, page_size=page_size)
    if json_:
        return print_json(found)
    rows = [
        (row.id, row.event, row.status, row.attempts, row.response_status, row.created_at, row.next_attempt_at, row.error)
        for row in found.results
    ]
    columns = ("id", "event", "status", "attempts", "answered", "created", "next attempt", "error")
    title = counted(found.count, "delivery", page=page, page_size=page_size, plural="deliveries")
    return print_table(columns, rows, title=title, drop=("error", "next attempt", "answered", "attempts"))


@cli.command()
def delivery(webhook_id: WebhookId, delivery_id: DeliveryId, *, json_: JsonOption = False) -> None:
    """Show a delivery: what was sent, and every attempt."""
    found = open_client().webhooks.delivery(webhook_id, delivery_id)
    if json_:
        return print_json(found)
    print_facts([("id", found.id), ("event", found.event), ("status", found.status), ("sent", found.payload), ("error", found.error)])
    rows = [(each.at, each.duration_ms, each.response_status, each.error) for each in found.attempt_log]
    return print_table(("attempt at", "ms", "answered", "error"), rows)


@cli.command()
def replay(webhook_id: WebhookId, delivery_id: DeliveryId, *, json_: JsonOption = False) -> None:
    """Have a delivery sent once more."""
    return _queued(open_client().webhooks.replay(webhook_id, delivery_id), webhook_id, json_=json_)


def _queued(queued: DeliveryDetails, webhook_id: str, *, json_: bool) -> None:
    if json_:
        return print_json(queued)
    return say(f"queued {queued.id}; see how it goes: modelbourse webhooks delivery {webhook_id} {queued.id}")
