"""What may be wrong with a socket that somebody opens."""

from libs.chassis.errors import ErrorKind, PlatformError


class OriginError(PlatformError, kind=ErrorKind.FORBIDDEN, code="origin_not_allowed"):
    """A page of another web origin wants to connect."""

    def __init__(self, origin: str) -> None:
        super().__init__(f"Pages of {origin[:200]} may not connect here; `GATEWAY_CORS_ORIGINS` says which may.")


class TooManySocketsError(PlatformError, kind=ErrorKind.TOO_MANY):
    """An account has all the sockets that it may have with a gateway."""

    def __init__(self, most: int) -> None:
        super().__init__(f"An account may have {most} sockets open at once: close one first.")


class SlowReaderError(PlatformError, kind=ErrorKind.TOO_MANY):
    """A reader has fallen behind."""

    def __init__(self, most: int) -> None:
        super().__init__(f"More than {most} messages waited for you: read faster, or subscribe to less.")


class TooTalkativeError(PlatformError, kind=ErrorKind.TOO_MANY):
    """A client sends more than anybody has to say here."""

    def __init__(self, most: int, *, seconds: int) -> None:
        super().__init__(f"A socket may send {most} messages in {seconds} s.")
