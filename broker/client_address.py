"""From which address a request comes, also behind proxies. Pure."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from starlette.types import Scope

Network: TypeAlias = IPv4Network | IPv6Network
_Address: TypeAlias = IPv4Address | IPv6Address

_UNKNOWN = "unknown"


def client_address(scope: Scope, trusted: Sequence[Network]) -> str:
    """Return the address of who sent the request: what a trusted proxy says, else who is connected.

    Each proxy appends to X-Forwarded-For whom it heard from. So it is read from its end, and the first
    address that is not a trusted proxy's is the client's: all before that may be the client's invention.
    """
    client = scope.get("client")
    if client and not trusted and ":" not in client[0]:
        return str(client[0])  # nobody else is believed: there is nothing to find out
    address = _parse(client[0]) if client else None
    if address is None:
        return _UNKNOWN
    said = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
    hops = [hop.strip() for hop in said.decode("latin-1").split(",")]
    while hops and _is_in(address, trusted):
        before = _parse(hops.pop())
        if before is None:
            break
        address = before
    return str(address)


def counted_as(address: str) -> str:
    """Return what limits are counted by: of IPv6 the network that one customer has, a /64.

    >>> counted_as("192.0.2.7"), counted_as("2001:db8:1:2:3:4:5:6"), counted_as("unknown")
    ('192.0.2.7', '2001:db8:1:2::/64', 'unknown')
    """
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return address


def _parse(text: str) -> _Address | None:
    """Read an address, with or without a port, as proxies write it."""
    host = text.removeprefix("[").partition("]")[0] if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_in(address: _Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
