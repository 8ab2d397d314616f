"""Events: what happens to what is the reader's, as it happens."""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from math import ceil
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from libs.contracts.names import did_you_mean
from services.gateway.inbound.faces.ai_studio.notices import ADMIN_EVENT_NAMES, EVENT_NAMES
from services.gateway.inbound.pages.page import Facts, Page, Read
from services.gateway.inbound.pages.rendering import job_page, render
from services.gateway.inbound.pages.showing import Pages
from services.gateway.inbound.pages.streaming import sent_event, stream

EVENTS: Final = "/app/events"
# How many events the page keeps.
KEPT: Final = 200
# So many of the alerts that an event brings are said in its row.
SAID_MOST: Final = 3
# Clocks of gateways, and what was on its way when a browser lost its connection, may differ by so much.
APART_S: Final = 5
# The most that the socket tells again.
TOLD_WITHIN_MOST_S: Final = 3600
# Whose model is one of a market, which has a page of its own under this address; drift may be of any model's.
MARKET_MODELS: Final = ("training_job.", "model.retrained", "model.deployed", "model.published", "retraining.", "listing.")
# Where a thing is shown that an event names by this field, and what the link says.
PLACES: Final[Mapping[str, tuple[str, str]]] = {
    "recipe_id": ("/model-development/recipes/{}", "Recipe"),
    "listing_id": ("/app/marketplace/{}", "Listing"),
    "snapshot_id": ("/app/monitoring/{model_id}?snapshot={}", "Monitoring"),
    "alert_id": ("/app/health", "Alerts"),
}


def links_of(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return where what an event is about is shown: addresses, each with a word."""
    data = told["data"]
    # A training on texts is told a second time as any training is; its job and its model have pages of their own.
    of_texts = str(told["id"]).endswith("-training")
    found = [(job_page("train_text" if of_texts else data.get("kind", "train"), data["job_id"]), "Job")] if "job_id" in data else []
    if "model_id" in data and told["event"].startswith(MARKET_MODELS) and not of_texts:
        found.append((f"/app/models/{data['model_id']}", "Model"))
    found += [(path.format(data[name], **data), word) for name, (path, word) in PLACES.items() if name in data]
    return [(address, word) for address, word in found if address]


def facts_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an event says beside the things that it names: a line of names and values."""
    found = [each["message"] for each in data.get("alerts") or ()]
    more = {"found": " ".join(found[:SAID_MOST])} | ({"more_alerts": len(found) - SAID_MOST} if len(found) > SAID_MOST else {})
    flat = {name: value for name, value in data.items() if not isinstance(value, dict | list)}
    inner = {name: value for part in data.values() if isinstance(part, dict) for name, value in part.items()}
    plain = {name: value for name, value in (flat | inner).items() if isinstance(value, str | int | float)}
    return {name: value for name, value in plain.items() if not name.endswith("_id")} | (more if found else {})


def _shape(facts: Facts) -> Mapping[str, Any]:
    """Return which events can be chosen, and what is wrong with the one that is."""
    names = ADMIN_EVENT_NAMES if facts["me"]["role"] == "admin" else EVENT_NAMES
    asked = facts["asked"].get("event", "")
    unknown = asked if asked and asked not in names else ""
    return {"names": names, "unknown": unknown, "meant": did_you_mean(unknown, names) if unknown else "", "kept": KEPT}


def _rows(messages: Sequence[str], *, since: float | None) -> Iterator[str]:
    """Yield that it is listened, and then each event with the row that shows it.

    `since` is when a browser that comes back last heard anything: where events after that may be missing, a row says so.
    """
    for message in messages:
        told = orjson.loads(message)
        if told["type"] == "connection":
            yield sent_event("listening", {})
            if since is not None and (told["missed"] or time.time() - since > TOLD_WITHIN_MOST_S):
                began, back = (datetime.fromtimestamp(at, UTC).isoformat() for at in (since, time.time()))
                yield sent_event("missed", {"row": render("missed.html", since=began, until=back)})
        if told["type"] == "event":
            row = render("event.html", told=told, links=links_of(told), facts=facts_of(told["data"]))
            yield sent_event("event", {"id": told["id"], "row": row})


def _last_heard(text: str) -> float | None:
    """Return the moment that a browser names which comes back; None for one that comes first, or names none."""
    try:
        moment = float(text)
    except ValueError:
        return None
    return moment if 0 < moment <= time.time() + APART_S else None


PAGES: Final = (
    Page(
        path=EVENTS,
        template="events.html",
        title="Events",
        reads={"me": Read("/auth/me"), "webhooks": Read("/api/ai-studio/webhooks/", fixed={"page_size": 10})},
        shape=_shape,
    ),
)


def live_routes(pages: Pages) -> list[Route]:
    """Return the stream of the account's events (server-sent events): the API's own socket."""

    async def live(request: Request) -> Response:
        named = request.query_params.get("event")
        query: dict[str, Any] = {"types": "event"} | ({"events": named} if named else {})
        since = _last_heard(request.headers.get("last-event-id", ""))
        if since is not None:
            query["told_within"] = min(TOLD_WITHIN_MOST_S, max(0, ceil(time.time() - since)) + APART_S)
        return stream(await pages.visit(request), "/ws", query=query, say=partial(_rows, since=since), says_why=True)

    return [Route(f"{EVENTS}/live", live, methods=["GET"])]
