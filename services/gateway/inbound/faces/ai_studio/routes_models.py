"""What the routes of other nouns take from here."""

from typing import Final

from services.gateway.inbound.faces.ai_studio.documents import NO_SUCH_PAGE, check_model_id
from services.gateway.inbound.faces.ai_studio.face import FACE, Owner, Reader, Writer

__all__ = ["NO_SUCH_PAGE", "PREFIX", "TAG", "Owner", "Reader", "Writer", "check_model_id"]
TAG: Final = "AI Studio"
PREFIX: Final = FACE.prefix
