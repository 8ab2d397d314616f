"""Model Builder as it is served: the routes of all its nouns."""

from typing import Final

from services.gateway.inbound.faces.model_builder import data, files, health, keys, trainings
from services.gateway.inbound.faces.model_builder.face import FACE
from services.gateway.inbound.http.app import Served

NOUNS: Final = (health, keys, files, trainings, data)
SERVED: Final = Served(FACE, [noun.routes for noun in NOUNS])
