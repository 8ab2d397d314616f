"""Why the gateway refuses something about a listing."""

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError


class ListingNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """There is no such listing, or it is not the caller's to see."""

    def __init__(self, listing_id: str) -> None:
        super().__init__(f"There is no listing '{listing_id[:80]}'.")


class NoListingError(InvalidError):
    """The model is neither in review nor on sale."""

    def __init__(self) -> None:
        super().__init__("The model cannot be withdrawn.", details={"status": ["It is neither in review nor on sale."]})
