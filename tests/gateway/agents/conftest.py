"""The world of AI Studio's stories, for those about environments and agents."""

from tests.gateway.studio.conftest import ada, alone, eve, studio

__all__ = ["ada", "alone", "eve", "studio"]
