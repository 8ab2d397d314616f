"""Why the gateway itself refuses: credentials, rights, limits, sizes and repeated requests."""

from collections.abc import Mapping

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError


class AuthenticationError(PlatformError, kind=ErrorKind.UNAUTHENTICATED, code="authentication_error"):
    """There is no credential, or it is not valid (any more)."""


class DocumentsClosedError(AuthenticationError, code="authentication_error"):
    """The documents are for accounts: a browser may ask for a name and a password."""


class PermissionDeniedError(PlatformError, kind=ErrorKind.FORBIDDEN):
    """The credential is good, but not for this."""


class TooManyRequestsError(PlatformError, kind=ErrorKind.TOO_MANY, code="rate_limit_exceeded", worth_retrying=True):
    """A limit is used up; `retry_after_s` says when to come back."""

    def __init__(self, message: str, *, retry_after_s: int, details: Mapping[str, list[str]] | None = None) -> None:
        super().__init__(message, details=details)
        self.retry_after_s = max(1, retry_after_s)


class TooManyAttemptsError(TooManyRequestsError, code="rate_limit_exceeded"):
    """An attempt at a password comes too early after wrong ones."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"Too many failed attempts; try again in {wait_s} s.", retry_after_s=wait_s)


class PayloadTooLargeError(PlatformError, kind=ErrorKind.TOO_LARGE):
    """The request's body or headers are larger than this server takes."""


class EncodedBodyError(PlatformError, kind=ErrorKind.UNSUPPORTED, code="unsupported_media_type"):
    """The request's body is compressed, which this server does not read."""

    def __init__(self, encoding: str) -> None:
        what = f"'{encoding[:60]}' is not understood; send the body as it is, without Content-Encoding."
        super().__init__("The request's body is encoded, and cannot be read.", details={"Content-Encoding": [what]})


class PathNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND, code="resource_not_found"):
    """There is nothing at this path."""


class MethodNotAllowedError(PlatformError, kind=ErrorKind.INVALID):
    """The path exists, but not with this method; `allow` names those that do."""

    def __init__(self, message: str, *, allow: str) -> None:
        super().__init__(message, details={"method": [f"Allowed: {allow}."]} if allow else None)
        self.allow = allow


class NotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND, code="resource_not_found"):
    """There is no such thing, or it is not the caller's to see."""


class AccountNotFoundError(NotFoundError):
    """There is no such account."""

    def __init__(self, _: str = "") -> None:
        super().__init__("There is no such account.")


class ApiKeyNotFoundError(NotFoundError):
    """The account has no such API key."""

    def __init__(self, _: str = "") -> None:
        super().__init__("You have no such API key.")


class AccountTakenError(PlatformError, kind=ErrorKind.CONFLICT):
    """Another account has this username. Usernames are public; whether an email address is somebody's is never said."""

    def __init__(self, message: str = "There is already an account with this username.") -> None:
        super().__init__(message, details={"username": ["This username is taken."]})


class AccountChangedError(PlatformError, kind=ErrorKind.CONFLICT, worth_retrying=True):
    """Someone else changed the account in between; read it again."""


class LastAdminError(PlatformError, kind=ErrorKind.CONFLICT):
    """A platform without an admin could not be given one by its own means."""

    def __init__(self) -> None:
        super().__init__("This is the platform's last admin: make another account an admin first.")


class AccountSuspendedError(PlatformError, kind=ErrorKind.FORBIDDEN):
    """An admin has suspended the account: nothing that needs a credential of it is done."""

    def __init__(self) -> None:
        super().__init__("This account is suspended; ask whoever runs this platform.")


class OwnAccountError(PlatformError, kind=ErrorKind.CONFLICT):
    """Who suspends or erases themselves could not undo it."""

    def __init__(self) -> None:
        super().__init__("This is your own account: another admin may do that.")


class InvalidGrantError(PlatformError, kind=ErrorKind.INVALID):
    """The password or refresh token is wrong, expired or revoked (RFC 6749, section 5.2)."""


class UnsupportedGrantError(InvalidError, code="unsupported_grant_type"):
    """The token endpoint knows the password and refresh grants alone."""


class UnreadableRequestError(InvalidError, code="validation_error"):
    """The request itself cannot be read: its body is no JSON, or not what its headers say. What it says is not looked at."""


class KeyReusedError(PlatformError, kind=ErrorKind.CONFLICT, code="conflict"):
    """An Idempotency-Key came again with another request."""


class StillRunningError(PlatformError, kind=ErrorKind.CONFLICT, code="conflict", worth_retrying=True):
    """The first request with this Idempotency-Key has not ended yet."""


class WrongStateError(InvalidError):
    """What is wanted is not possible in the present `state` of a thing, which `noun` names."""

    def __init__(self, message: str, *, noun: str, state: str) -> None:
        super().__init__(message, details={"status": [f"The {noun} is {state}."]})
        self.noun = noun
        self.state = state
