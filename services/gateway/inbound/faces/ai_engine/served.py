"""AI Engine as it is served: the routes of all its nouns."""

from typing import Final

from services.gateway.inbound.faces.ai_engine import dataset_uploads, datasets, experiments, importance, models, registry, trainings, tuning
from services.gateway.inbound.faces.ai_engine.face import FACE
from services.gateway.inbound.http.app import Served

SERVED: Final = Served(
    FACE,
    [
        dataset_uploads.routes,
        datasets.routes,
        models.routes,
        trainings.routes,
        registry.routes,
        experiments.routes,
        tuning.routes,
        importance.routes,
    ],
    describe=[dataset_uploads.describe_forms],
)
