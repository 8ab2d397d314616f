"""New accounts by address, counted with the fleet's other limits."""

from libs.chassis.limits import RateLimits
from services.gateway.domain.accounts.sources import network_of
from services.gateway.domain.errors import TooManyRequestsError


class RegistrationsLimited:
    """Implements the port Registrations."""

    def __init__(self, limits: RateLimits, *, per_hour: int) -> None:
        self._limits = limits
        self._per_hour = per_hour

    def count(self, *, address: str) -> None:
        """Raise TooManyRequestsError when the address has made its share for this hour."""
        counted = self._limits.check(f"register:address:{network_of(address)}", most=self._per_hour)
        if not counted.allowed:
            after = counted.retry_after_s or counted.reset_s
            message = f"An address may make {self._per_hour} accounts an hour; try again in {after} s."
            raise TooManyRequestsError(message, retry_after_s=after)
