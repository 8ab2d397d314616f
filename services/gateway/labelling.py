"""The part of the gateway's wiring that reads texts: models of texts answer, whatever they are named by."""

from typing import Any

from services.gateway.platform import Platform
from services.gateway.usecases.predictions.predict_texts import FindTextVersion, PredictTexts


def make_labelling(platform: Platform) -> tuple[Any, ...]:
    """Return the use cases."""
    find = FindTextVersion(platform.models, platform.jobs, platform.registry.use.find)
    return (PredictTexts(find, platform.services.inference),)
