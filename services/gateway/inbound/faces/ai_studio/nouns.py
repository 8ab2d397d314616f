"""The routes of AI Studio's nouns; what their handlers call is among the face's use cases, by class."""

from typing import Final

from services.gateway.inbound.faces.ai_studio import (
    catalogue,
    compute,
    dashboard,
    listings,
    models,
    publishing,
    ranges,
    records,
    results,
    subscriptions,
    trainings,
    webhooks,
)

NOUNS: Final = (
    models,
    trainings,
    ranges,
    results,
    catalogue,
    compute,
    dashboard,
    listings,
    publishing,
    records,
    subscriptions,
    webhooks,
)
ROUTERS: Final = tuple(noun.routes for noun in NOUNS)
