"""Trading AI as it is served: the routes of all its nouns."""

from typing import Final

from services.gateway.inbound.faces.trading_ai import backtests, monitoring
from services.gateway.inbound.faces.trading_ai.face import FACE
from services.gateway.inbound.http.app import Served

SERVED: Final = Served(FACE, [backtests.routes, monitoring.routes])
