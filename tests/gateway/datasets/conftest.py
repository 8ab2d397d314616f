"""The world of AI Studio's stories, for those about datasets."""

from tests.gateway.studio.conftest import ada, alone, eve, studio

__all__ = ["ada", "alone", "eve", "studio"]
