"""The world of AI Studio's stories, for the tables about its face."""

from tests.gateway.studio.conftest import ada, eve, studio

__all__ = ["ada", "eve", "studio"]
