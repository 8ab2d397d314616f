"""Why a listing is refused."""

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError


class ListingNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """There is no such listing, or it is somebody else's."""

    def __init__(self, listing_id: str) -> None:
        super().__init__(f"There is no listing '{listing_id[:80]}'.")


class AlreadyListedError(PlatformError, kind=ErrorKind.CONFLICT):
    """A model has one listing at a time, and this one has one that is in review or on sale."""

    def __init__(self) -> None:
        super().__init__("The model has a listing that is in review or on sale already: withdraw it before you publish the model anew.")


class ListingDiffersError(PlatformError, kind=ErrorKind.CONFLICT):
    """A listing id came again for another model, seller or offer."""

    def __init__(self, listing_id: str) -> None:
        super().__init__(f"The listing {listing_id} was submitted for another model, by another seller or with another offer.")


class VersionUnknownError(PlatformError, kind=ErrorKind.UNAVAILABLE, worth_retrying=True):
    """The version's training has not been heard of."""

    def __init__(self, version: str) -> None:
        super().__init__(
            f"The marketplace has not heard yet that version {version} was trained; send the request again in a moment. "
            "A version from before there was a marketplace has to be trained again."
        )


class NotSellableError(InvalidError):
    """The version is not the seller's."""

    def __init__(self, version: str) -> None:
        super().__init__("The model cannot be put on sale.", details={"version": [f"Version {version} was trained for another account."]})


class WrongListingStateError(InvalidError):
    """What is wanted is not possible in the listing's present state."""

    def __init__(self, *, wanted: str, state: str) -> None:
        super().__init__(f"The listing cannot be {wanted} now.", details={"status": [f"It is {state.replace('_', ' ')}."]})


class SyntheticRecordError(InvalidError):
    """What was earned on generated candles was earned on no market."""

    def __init__(self) -> None:
        message = "A listing whose record rests on generated candles cannot be featured."
        super().__init__(message, details={"performance_metrics": ["It is synthetic: train the model on symbols with real candles."]})


class OwnListingReviewError(PlatformError, kind=ErrorKind.FORBIDDEN):
    """Nobody decides on what they sell themselves."""

    def __init__(self) -> None:
        super().__init__("This listing is your own: another admin has to review it.")
