"""Model Builder as it is served: the routes of all its nouns."""

from typing import Final

from services.gateway.inbound.faces.model_builder import exports, files, health, keys, predictions, registry, scores, trainings
from services.gateway.inbound.faces.model_builder.face import FACE
from services.gateway.inbound.http.app import Served

NOUNS: Final = (health, keys, files, trainings, predictions, exports, scores, registry)
SERVED: Final = Served(FACE, [noun.routes for noun in NOUNS], [health.BuilderFacts()])
