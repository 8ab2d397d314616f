"""Trading AI as it is served: the routes of all its nouns."""

from typing import Final

from services.gateway.inbound.faces.trading_ai import backtests, chat, feedback, llm, monitoring, signals, tasks, trainings
from services.gateway.inbound.faces.trading_ai.face import FACE
from services.gateway.inbound.http.app import Served

NOUNS: Final = (signals, feedback, llm, tasks, trainings, backtests, monitoring, chat)
SERVED: Final = Served(FACE, [*(noun.routes for noun in NOUNS), signals.outside])
