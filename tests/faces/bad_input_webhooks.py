"""Bad requests about webhooks and the exact answers they get: more data for the table test."""

from typing import Any, Final

from tests.faces.bad_input import HUGE, NO_CREDENTIAL, Bad, denied, missing, query, raw

HOOKS, HOOK = "/webhooks/", "/webhooks/{webhook}/"
URL: Final = "http://127.0.0.1:1/hook"
COMPLETED: Final = "training_job.completed"
NO_WEBHOOK: Final = "webhook_00000000000000000000000000"
NO_DELIVERY: Final = "delivery_00000000000000000000000000"
NO_WEBHOOK_TEXT: Final = f"There is no webhook '{NO_WEBHOOK}'."
NO_DELIVERY_TEXT: Final = f"There is no delivery '{NO_DELIVERY}'; deliveries are kept for 30 days."


def make(name: str, field: str, text: str, /, **changes: Any) -> Bad:
    """A bad request for a new webhook."""
    return Bad(name, "POST", HOOKS, {"url": URL, "events": [COMPLETED]} | changes, field=field, text=text)


def change(name: str, field: str, text: str, /, **body: Any) -> Bad:
    """A bad change of a webhook."""
    return Bad(name, "PATCH", HOOK, body, field=field, text=text)


WEBHOOKS: Final = [
    Bad("no webhook at all", "POST", HOOKS, {}, field="url", text="This field is required"),
    raw("a webhook that is a list", b"[]", "body", "JSON object", path=HOOKS),
    raw("a webhook in broken JSON", b"{", "body", "not JSON", path=HOOKS),
    make("url is null", "url", "Must not be null", url=None),
    make("url is a number", "url", "valid string", url=1),
    make("url is empty", "url", "visible ASCII", url=""),
    make("url is huge", "url", "at most 2000", url=f"https://example.com/{HUGE}"),
    make("url of another scheme", "url", "Must begin with https:// or http://", url="ftp://example.com/"),
    make("url with a password", "url", "user or password", url="https://a:b@example.com/"),
    make("url with a fragment", "url", "fragment", url="https://example.com/#a"),
    make("url without a host", "url", "host", url="https:///hook"),
    make("url with a strange port", "url", "port from 1 to 65535", url="https://example.com:99999/"),
    make("url of a private address", "url", "'10.0.0.1' has an address that cannot be used: private", url="https://10.0.0.1/hook"),
    make("url of the cloud's own address", "url", "link-local", url="http://169.254.169.254/latest/meta-data"),
    make("url of a multicast address", "url", "multicast", url="https://224.0.0.1/"),
    make("url of a name that nobody has", "url", "cannot be resolved", url="https://nobody.invalid/"),
    make("http to the outside", "url", "Must begin with https://", url="http://8.8.8.8/"),
    make("no events", "events", "at least 1 item", events=[]),
    make("events is a string", "events", "Must be a list.", events=COMPLETED),
    make("an event is a number", "events.0", "valid string", events=[1]),
    make("event misspelt", "events", "Did you mean 'training_job.completed'?", events=["training_job.complete"]),
    make("event that does not happen yet", "events", "training_job.completed, training_job.failed", events=["alert.raised"]),
    make("a test as an event", "events", "is not one of", events=["webhook.test"]),
    make("event twice", "events", "is there twice", events=[COMPLETED, COMPLETED]),
    make("a huge event", "events", "is not one of", events=[HUGE]),
    make("too many events", "events", "at most 50 items", events=[COMPLETED] * 51),
    make("webhook key misspelt", "evnts", "Did you mean 'events'?", evnts=[]),
    make("a secret of one's own", "secret", "Unknown field", secret="whsec_mine"),
    change("enabled is a word", "enabled", "valid boolean", enabled="yes"),
    change("enabled is null", "enabled", "Must not be null", enabled=None),
    change("change to no events", "events", "at least 1 item", events=[]),
    change("change to a private address", "url", "private", url="https://192.168.1.1/"),
    change("change key misspelt", "enabeld", "Did you mean 'enabled'?", enabeld=True),
    query("delivery status misspelt", f"{HOOK}deliveries/?status=DELIVERD", "status", "Did you mean 'DELIVERED'?"),
    query("a page of webhooks beyond", "/webhooks/?page=99", "page", "The last page is", status=404),
    query("a page of deliveries beyond", f"{HOOK}deliveries/?page=99", "page", "The last page is", status=404),
    missing("no webhook's id", "GET", "/webhooks/abc/", "There is no webhook 'abc'."),
    missing("no webhook", "GET", f"/webhooks/{NO_WEBHOOK}/", NO_WEBHOOK_TEXT),
    missing("change no webhook", "PATCH", f"/webhooks/{NO_WEBHOOK}/", NO_WEBHOOK_TEXT, {"enabled": True}),
    missing("delete no webhook", "DELETE", f"/webhooks/{NO_WEBHOOK}/", NO_WEBHOOK_TEXT),
    missing("test no webhook", "POST", f"/webhooks/{NO_WEBHOOK}/test/", NO_WEBHOOK_TEXT),
    missing("deliveries of no webhook", "GET", f"/webhooks/{NO_WEBHOOK}/deliveries/", NO_WEBHOOK_TEXT),
    missing("no delivery's id", "GET", f"{HOOK}deliveries/abc/", "There is no delivery 'abc'; deliveries are kept for 30 days."),
    missing("no delivery", "GET", f"{HOOK}deliveries/{NO_DELIVERY}/", NO_DELIVERY_TEXT),
    missing("replay no delivery", "POST", f"{HOOK}deliveries/{NO_DELIVERY}/replay/", NO_DELIVERY_TEXT),
    Bad("put a webhook", "PUT", HOOK, {}, status=405, code="METHOD_NOT_ALLOWED", field="method", text="DELETE, GET, HEAD, PATCH"),
    Bad("get a test", "GET", f"{HOOK}test/", status=405, code="METHOD_NOT_ALLOWED", field="method", text="POST"),
    denied("no token for webhooks", "none", NO_CREDENTIAL, path=HOOKS),
    denied("no token to make a webhook", "none", NO_CREDENTIAL, method="POST", path=HOOKS),
]
