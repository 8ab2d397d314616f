"""Which URLs a webhook may have, and which addresses may be connected to: public ones over https; in development this machine too."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, NoReturn
from urllib.parse import urlsplit

from services.gateway.domain.webhooks.errors import TargetRefusedError

LONGEST: Final = 2000
PORTS: Final = {"https": 443, "http": 80}
# No spaces, no control characters, no backslash, no text beyond ASCII: what one reader of URLs takes for another host than the next.
CHARACTERS: Final = re.compile(r"[!-\[\]-~]+")
LABEL: Final = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
NAME: Final = re.compile(rf"(?=.{{1,253}}$){LABEL}(\.{LABEL})*")
ADDRESS_6: Final = re.compile(r"[0-9a-f:.]+")
# IPv6 beyond the unicast space that is given out, and the parts of it that stand for an IPv4 address, are not needed by anybody.
UNICAST_6: Final = ip_network("2000::/3")
REFUSED: Final = tuple(
    ip_network(network)
    for network in (
        "192.0.0.0/24",  # IETF protocol assignments
        "192.88.99.0/24",  # relays of 6to4
        "168.63.129.16/32",  # a cloud's host, public by its number alone
        "2001::/23",  # Teredo and other protocol assignments
        "2002::/16",  # 6to4
    )
)
NOT_PUBLIC: Final = "private, link-local, loopback, multicast and reserved addresses are not delivered to"


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart. `path` has its query; `addresses` are those that the host was found at, each of them allowed."""

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[str, ...] = ()

    @property
    def authority(self) -> str:
        """What stands in the header Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def read_url(url: str, *, development: bool) -> Target:
    """Return a URL's parts, without addresses. Raise TargetRefusedError for one that no webhook may have."""
    schemes = ("https", "http") if development else ("https",)
    if len(url) > LONGEST or not CHARACTERS.fullmatch(url):
        refuse(f"Must have 1 to {LONGEST} visible ASCII characters (write other names as punycode, other characters as %XX).")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
        scheme = parts.scheme.lower()
        if scheme not in schemes:
            refuse(f"Must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}.")
        if parts.username is not None or parts.password is not None:
            refuse("Must not have a user or password: deliveries are signed instead.")
        if "#" in url:
            refuse("Must not have a fragment (#…): it is never sent.")
        if not NAME.fullmatch(host) and not (ADDRESS_6.fullmatch(host) and ip_address(host)):
            refuse("Must name a host.")
    except TargetRefusedError:
        raise
    except ValueError:
        refuse("Must be a URL such as https://example.com/hooks, with a host and, if any, a port from 1 to 65535.")
    if port == 0:
        refuse("Must have a port from 1 to 65535.")
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    return Target(scheme=scheme, host=host, port=port or PORTS[scheme], path=path)


def check_addresses(target: Target, addresses: Sequence[str], *, development: bool) -> None:
    """Raise TargetRefusedError unless all addresses of a target's host may be connected to."""
    if not addresses:
        refuse(f"The name '{target.host[:100]}' cannot be resolved.")
    found = [ip_address(address) for address in addresses]
    # One that is not allowed is enough: whoever answers for the name could choose the order.
    for address in found:
        if not (is_public(address) or (development and address.is_loopback)):
            # Not which one: what a name means inside is nobody's business outside.
            refuse(f"'{target.host[:100]}' has an address that cannot be used: {NOT_PUBLIC}.")
    if target.scheme == "http" and not all(address.is_loopback for address in found):
        refuse("Must begin with https://: http:// is for a receiver on this machine alone.")


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address is one of the internet's hosts."""
    if any(address in network for network in REFUSED) or not address.is_global or address.is_multicast:
        return False
    return address.version == 4 or address in UNICAST_6  # noqa: PLR2004  # IPv4


def refuse(problem: str) -> NoReturn:
    """Raise the error of a URL that cannot be used."""
    raise TargetRefusedError(problem)
