"""What inference refuses."""

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError


class ModelUnreadableError(PlatformError):
    """The artifact is not a model that this service can serve."""

    kind = ErrorKind.INTERNAL
    code = "model_unreadable"


class FeaturesNotReadyError(InvalidError):
    """The latest candles are too few for some features."""

    code = "features_not_ready"


class BadRowError(InvalidError):
    """A row does not have the model's features as finite numbers."""

    code = "bad_row"
