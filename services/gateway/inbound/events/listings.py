"""What the gateway does about the marketplace's events: its shop window and models follow them, then webhooks are told."""

from libs.chassis.bus.handlers import Facts
from libs.contracts.listings import ListingRejected, ListingSubmitted, ListingUpdated, ListingWithdrawn, ModelPublished
from services.gateway.inbound.events.notify import Notify, then
from services.gateway.usecases.marketplace.follow_listings import FollowListings


def bind_listings(facts: Facts, *, follow: FollowListings, notify: Notify) -> None:
    """Bind each of a listing's events to its use cases."""
    facts.on(ListingSubmitted)(follow)
    facts.on(ListingUpdated)(follow)
    facts.on(ListingWithdrawn)(follow)
    facts.on(ModelPublished)(then(notify, follow))
    facts.on(ListingRejected)(then(notify, follow))
