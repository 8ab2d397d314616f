"""Words that other nouns take from here."""

from services.gateway.inbound.faces.ai_studio.words import NOT_MEASURED, NOT_TRAINED, moment

__all__ = ["NOT_MEASURED", "NOT_TRAINED", "moment"]
