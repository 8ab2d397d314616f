"""ML Development as it is served: the routes of all its nouns."""

from typing import Final

from services.gateway.inbound.faces.ml_development import models, monitoring, recipes, runs, schemas, versions
from services.gateway.inbound.faces.ml_development.face import FACE
from services.gateway.inbound.http.app import Served

NOUNS: Final = (recipes, versions, schemas, models, runs, monitoring)
SERVED: Final = Served(FACE, [noun.routes for noun in NOUNS])
