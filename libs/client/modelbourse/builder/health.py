"""Whether Model Builder works, and what it has."""

from modelbourse.answers.builder.health import BuilderHealth, BuilderStatus
from modelbourse.builder.asking import ask_builder
from modelbourse.gateway import Gateway
from modelbourse.steps import Steps


def get_health(gateway: Gateway) -> Steps[BuilderHealth]:
    """Return whether Model Builder works, and what it stands on."""
    return ask_builder(gateway, BuilderHealth, "GET", "/health", anyone=True)


def get_status(gateway: Gateway) -> Steps[BuilderStatus]:
    """Return what Model Builder does, and what its host has."""
    return ask_builder(gateway, BuilderStatus, "GET", "/status", anyone=True)
