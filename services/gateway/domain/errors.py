"""Why the gateway itself refuses: credentials, rights, limits, sizes and repeated requests."""

from collections.abc import Mapping

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError


class AuthenticationError(PlatformError):
    """There is no credential, or it is not valid (any more)."""

    kind = ErrorKind.UNAUTHENTICATED
    code = "authentication_error"


class DocumentsClosedError(AuthenticationError):
    """The documents are for accounts: a browser may ask for a name and a password."""


class PermissionDeniedError(PlatformError):
    """The credential is good, but not for this."""

    kind = ErrorKind.FORBIDDEN
    code = "permission_denied"


class TooManyRequestsError(PlatformError):
    """A limit is used up; `retry_after_s` says when to come back."""

    kind = ErrorKind.TOO_MANY
    code = "rate_limit_exceeded"
    worth_retrying = True

    def __init__(self, message: str, *, retry_after_s: int, details: Mapping[str, list[str]] | None = None) -> None:
        super().__init__(message, details=details)
        self.retry_after_s = max(1, retry_after_s)


class TooManyAttemptsError(TooManyRequestsError):
    """An attempt at a password comes too early after wrong ones."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"Too many failed attempts; try again in {wait_s} s.", retry_after_s=wait_s)


class PayloadTooLargeError(PlatformError):
    """The request's body or headers are larger than this server takes."""

    kind = ErrorKind.TOO_LARGE
    code = "payload_too_large"


class EncodedBodyError(PlatformError):
    """The request's body is compressed, which this server does not read."""

    kind = ErrorKind.UNSUPPORTED
    code = "unsupported_media_type"

    def __init__(self, encoding: str) -> None:
        what = f"'{encoding[:60]}' is not understood; send the body as it is, without Content-Encoding."
        super().__init__("The request's body is encoded, and cannot be read.", details={"Content-Encoding": [what]})


class PathNotFoundError(PlatformError):
    """There is nothing at this path."""

    kind = ErrorKind.NOT_FOUND
    code = "resource_not_found"


class MethodNotAllowedError(PlatformError):
    """The path exists, but not with this method; `allow` names those that do."""

    kind = ErrorKind.INVALID
    code = "method_not_allowed"

    def __init__(self, message: str, *, allow: str) -> None:
        super().__init__(message, details={"method": [f"Allowed: {allow}."]} if allow else None)
        self.allow = allow


class NotFoundError(PlatformError):
    """There is no such thing, or it is not the caller's to see."""

    kind = ErrorKind.NOT_FOUND
    code = "resource_not_found"


class AccountTakenError(PlatformError):
    """Another account has this username. Usernames are public; whether an email address is somebody's is never said."""

    kind = ErrorKind.CONFLICT
    code = "account_taken"

    def __init__(self, message: str = "There is already an account with this username.") -> None:
        super().__init__(message, details={"username": ["This username is taken."]})


class AccountChangedError(PlatformError):
    """Someone else changed the account in between; read it again."""

    kind = ErrorKind.CONFLICT
    code = "account_changed"
    worth_retrying = True


class LastAdminError(PlatformError):
    """A platform without an admin could not be given one by its own means."""

    kind = ErrorKind.CONFLICT
    code = "last_admin"

    def __init__(self) -> None:
        super().__init__("This is the platform's last admin: make another account an admin first.")


class AccountSuspendedError(PlatformError):
    """An admin has suspended the account: nothing that needs a credential of it is done."""

    kind = ErrorKind.FORBIDDEN
    code = "account_suspended"

    def __init__(self) -> None:
        super().__init__("This account is suspended; ask whoever runs this platform.")


class OwnAccountError(PlatformError):
    """Who suspends themselves could not undo it."""

    kind = ErrorKind.CONFLICT
    code = "own_account"

    def __init__(self) -> None:
        super().__init__("This is your own account: another admin may suspend it.")


class InvalidGrantError(PlatformError):
    """The password or refresh token is wrong, expired or revoked (RFC 6749, section 5.2)."""

    kind = ErrorKind.INVALID
    code = "invalid_grant"


class UnsupportedGrantError(InvalidError):
    """The token endpoint knows the password and refresh grants alone."""

    code = "unsupported_grant_type"


class KeyReusedError(PlatformError):
    """An Idempotency-Key came again with another request."""

    kind = ErrorKind.CONFLICT
    code = "conflict"


class StillRunningError(PlatformError):
    """The first request with this Idempotency-Key has not ended yet."""

    kind = ErrorKind.CONFLICT
    code = "conflict"
    worth_retrying = True
