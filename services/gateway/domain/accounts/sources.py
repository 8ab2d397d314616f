"""Where a log-in comes from: an address or a device, and which of them an account has logged in from before."""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

DEVICE: Final = "mbd_"
DEVICE_COOKIE: Final = "modelbourse_device"
KNOWN_FOR: Final = timedelta(days=30)
# Whoever has one IPv6 address usually has all of its /64.
IPV6_PREFIX: Final = 64


@dataclass(frozen=True, slots=True)
class Source:
    """One address or device, as it is stored: hashed, as nobody has to read it."""

    id: str


def network_of(address: str) -> str:
    """Return what counts as one address: an IPv4 address, or the /64 network of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False))
    return str(parsed)


def address_source(address: str) -> Source:
    """Return an address as a source."""
    return Source(f"address:{_hashed(network_of(address))}")


def device_source(secret: str) -> Source:
    """Return a device as a source, by the secret that it was given when it logged in."""
    return Source(f"device:{_hashed(secret)}")


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:40]
