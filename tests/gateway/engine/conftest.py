"""The world of AI Studio's stories, for those of AI Engine."""

from tests.gateway.studio.conftest import ada, alone, eve, studio

__all__ = ["ada", "alone", "eve", "studio"]
