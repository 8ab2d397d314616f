"""What monitoring can refuse."""

from libs.chassis.errors import ErrorKind, PlatformError


class InstanceChangedError(PlatformError, kind=ErrorKind.CONFLICT, worth_retrying=True):
    """Another replica wrote the instance in between; read it again and decide anew."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Instance {name} was changed by another writer.")


class SeriesChangedError(PlatformError, kind=ErrorKind.CONFLICT, worth_retrying=True):
    """Another replica wrote the live series in between; read it again and decide anew."""

    def __init__(self, series_id: str) -> None:
        super().__init__(f"The live series {series_id} was changed by another writer.")


class AlertNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """There is no such alert, or none any more."""

    def __init__(self, alert_id: str) -> None:
        super().__init__(f"Alert not found: {alert_id}")


class AlertResolvedError(PlatformError, kind=ErrorKind.CONFLICT):
    """An alert that is over needs nobody any more."""

    def __init__(self, alert_id: str) -> None:
        super().__init__(f"Only an alert that is not RESOLVED can be acknowledged: {alert_id} is over.")


class AlertChangedError(PlatformError, kind=ErrorKind.CONFLICT, worth_retrying=True):
    """Another replica changed the alert in between; read it again and decide anew."""

    def __init__(self, alert_id: str) -> None:
        super().__init__(f"The alert {alert_id} was changed by another writer.")


class IllegalHealthError(PlatformError):
    """An instance's health does not move that way."""

    def __init__(self, name: str, *, before: str, after: str) -> None:
        super().__init__(f"Instance {name} cannot go from {before} to {after}.")


class CacheNearlyFullError(PlatformError, kind=ErrorKind.UNAVAILABLE):
    """The cache has little room left; it evicts nothing, and refuses writes when it is full."""

    def __init__(self, share: float) -> None:
        super().__init__(f"{share:.0%} of its memory is used; it evicts nothing, and when it is full it refuses writes")
