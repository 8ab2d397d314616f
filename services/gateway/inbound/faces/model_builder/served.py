"""Model Builder as it is served: the routes of all its nouns."""

from typing import Final

from services.gateway.inbound.faces.model_builder import data, exports, files, health, keys, predictions, registry, scores, trainings
from services.gateway.inbound.faces.model_builder.envelope import describe_messages
from services.gateway.inbound.faces.model_builder.face import FACE
from services.gateway.inbound.http.app import Served

NOUNS: Final = (health, keys, files, data, trainings, exports, registry, predictions, scores)
SERVED: Final = Served(FACE, [noun.routes for noun in NOUNS], describe=[describe_messages])
