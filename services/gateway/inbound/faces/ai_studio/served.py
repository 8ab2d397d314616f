"""AI Studio as it is served: the routes of all its nouns."""

from typing import Final

from services.gateway.inbound.faces.ai_studio import (
    catalogue,
    compute,
    dashboard,
    listings,
    models,
    payments,
    predictions,
    publishing,
    ranges,
    records,
    results,
    subscriptions,
    trainings,
    webhook_document,
    webhooks,
)
from services.gateway.inbound.faces.ai_studio.face import FACE
from services.gateway.inbound.http.app import Served

SERVED: Final = Served(
    FACE,
    [
        models.routes,
        trainings.routes,
        ranges.routes,
        results.routes,
        catalogue.routes,
        compute.routes,
        dashboard.routes,
        listings.routes,
        publishing.routes,
        records.routes,
        subscriptions.routes,
        payments.routes,
        webhooks.routes,
    ],
    plain_routes=[predictions.route],
    describe=[predictions.describe_predict, webhook_document.describe_webhooks],
)
