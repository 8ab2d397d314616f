"""What the gateway knows of one request on its way through: its face, caller, ids and, for work, its idempotency."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from libs.chassis.errors import PlatformError
from services.gateway.domain.accounts.caller import STRANGER, Caller, Scope
from services.gateway.domain.errors import AuthenticationError, PermissionDeniedError
from services.gateway.domain.work import Work
from services.gateway.inbound.http.cursors import Cursors
from services.gateway.inbound.http.face import Access, Face, Limit
from services.gateway.inbound.http.limits import Rates, Verdict
from services.gateway.inbound.http.received import ReceivedUpload
from services.gateway.usecases.run_once import RunOnce

KEY: Final = "gateway.exchange"
# In a request's scope: the face whose limits count it, where that is not the one that answers. Nothing from outside can put it there.
COUNTED_AS: Final = "gateway.counted_as"


@dataclass(slots=True)
class Exchange:
    """One request. `refused` is why its credential was not accepted, if it had one; `public_url` begins every address that is told.

    `anonymous` says whether routes that a document leaves open are; `verdict` is the strictest of the limits that counted the request;
    `use_cases` are what handlers call, by their class; `body_most` is how many bytes are read of its body; `repeated` says that its
    answer is that of a request before it; the limits of `counted_as` count it. `key` and `route` are what it is known by, where it
    brings a file.
    """

    face: Face
    address: str
    request_id: str
    correlation_id: str
    run_once: RunOnce
    public_url: str
    cursors: Cursors
    rates: Rates
    use_cases: Mapping[type[Any], Any]
    body_most: int
    counted_as: Face
    anonymous: bool = False
    verdict: Verdict | None = None
    caller: Caller | None = None
    refused: PlatformError | None = None
    work: Work | None = None
    upload: ReceivedUpload | None = None
    repeated: bool = False
    key: str | None = None
    route: str = ""
    # The scopes that its answer needed: who repeats the request must have them, too.
    needed: set[Scope] = field(default_factory=set)

    def require(self, *scopes: Scope) -> Caller:
        """Return the caller. Raise AuthenticationError without one, PermissionDeniedError when the credential has none of the scopes."""
        if self.caller is None:
            raise self.refused or AuthenticationError(
                "Credentials are required: send the header `Authorization: Bearer <token or API key>`."
            )
        if scopes:
            good = [scope for scope in scopes if scope in self.caller.scopes]
            granted = good[0] if good else None
            self.needed.add(granted or scopes[0])
            if granted is None:
                message = f"This credential is not good for '{scopes[0]}'; it has: {', '.join(sorted(self.caller.scopes)) or 'nothing'}."
                raise PermissionDeniedError(message)
        return self.caller

    def welcome(self, *scopes: Scope) -> Caller:
        """Return the caller as `require` does, or STRANGER for who brings no credential where strangers are let in."""
        brings_none = self.caller is None and self.refused is None
        return STRANGER if brings_none and self.anonymous and self.face.access is Access.DOCUMENTED else self.require(*scopes)

    def owner(self) -> str:
        """Return whose the request is: an account's; of who brings no credential, an address's, so that no stranger meets another's."""
        caller = self.welcome()
        return f"{caller.account_id} {self.address}" if caller is STRANGER else caller.account_id

    async def has_come_before(self) -> bool:
        """Tell whether a request that brings a file came before under the same key: it is answered what it was then."""
        return self.key is not None and await self.run_once.has_begun(self.key, account_id=self.owner(), route=self.route)

    def count(self, limits: Sequence[Limit], *, route: str) -> None:
        """Count the request against a route's own limits. Raise TooManyRequestsError for one too many."""
        found = self.rates.check_each(limits, key=f"{self.counted_as.name}:{route}", caller=self.caller, address=self.address)
        if found is not None:
            self.verdict = found.stricter(self.verdict)
            found.enforce()

    def count_for_now(self, limits: Sequence[Limit], *, route: str) -> Callable[[], None]:
        """Count the request as `count` does; what is returned uncounts it when it comes to nothing."""
        self.count(limits, route=route)
        return lambda: self.rates.give_back(limits, key=f"{self.counted_as.name}:{route}", caller=self.caller, address=self.address)


def exchange_of(scope: Mapping[str, Any]) -> Exchange:
    """Return the exchange of a request, given its ASGI scope."""
    exchange = scope[KEY]
    if not isinstance(exchange, Exchange):
        message = "this request did not come through the gate"
        raise TypeError(message)
    return exchange
