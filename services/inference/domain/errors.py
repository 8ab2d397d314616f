"""What inference refuses."""

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError


class ModelUnreadableError(PlatformError, kind=ErrorKind.INTERNAL):
    """The artifact is not a model that this service can serve."""


class FeaturesNotReadyError(InvalidError):
    """The latest candles are too few for some features."""


class BadRowError(InvalidError):
    """A row does not have the model's features as finite numbers."""
