"""AI Engine as it is served: the routes of all its nouns."""

from typing import Final

from services.gateway.inbound.faces.ai_engine import (
    agent_runs,
    agents,
    candles,
    dataset_uploads,
    datasets,
    environments,
    experiments,
    importance,
    jobs,
    models,
    prediction_batches,
    predictions,
    registry,
    trainings,
    tuning,
)
from services.gateway.inbound.faces.ai_engine.face import FACE
from services.gateway.inbound.http.app import Served

SERVED: Final = Served(
    FACE,
    [
        dataset_uploads.routes,
        datasets.routes,
        candles.routes,
        models.routes,
        trainings.routes,
        registry.routes,
        experiments.routes,
        tuning.routes,
        environments.routes,
        agents.routes,
        agent_runs.routes,
        predictions.routes,
        prediction_batches.routes,
        importance.routes,
        jobs.routes,
    ],
    describe=[dataset_uploads.describe_forms],
)
