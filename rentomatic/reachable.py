"""Which addresses webhooks may be sent to: public ones, and private ones that are allowed.

Clients choose the webhooks, and must not reach what only this machine or its network can reach.
"""

from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# IPv6 addresses that contain the IPv4 address to which they lead: mapped ones (RFC 4291) and those
# of NAT64 (RFC 6052), in their last 32 bits.
_CONTAINING = (ip_network("::ffff:0:0/96"), ip_network("64:ff9b::/96"))
# What Python's releases do not all treat as special: "this" network (RFC 791), shared addresses of
# providers (RFC 6598), protocol assignments (RFC 6890), 6to4 relays (RFC 7526), benchmarks
# (RFC 2544), reserved (RFC 1112), IPv4-compatible (RFC 4291), local NAT64 (RFC 8215), Teredo
# (RFC 4380) and other assignments, 6to4 (RFC 3056), site-local (RFC 3879).
_SPECIAL = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15"),
            *("240.0.0.0/4", "::/96", "64:ff9b:1::/48", "2001::/23", "2002::/16", "fec0::/10"),
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Reachable:
    """The addresses that may be reached.

    Attributes:
        allowed: networks whose addresses are reached although they are not public.
    """

    allowed: tuple[Network, ...] = ()

    def includes(self, address: Address) -> bool:
        """Return whether an address may be reached."""
        plain = _contained(address)
        return any(plain in each for each in self.allowed) or _is_public(plain)

    @property
    def loopback(self) -> bool:
        """Whether addresses of this machine are allowed."""
        return any(each.is_loopback for each in self.allowed)


PUBLIC = Reachable()


def parse_networks(text: str) -> Reachable:
    """Parse networks such as `10.1.0.0/16,fd00::/8`; raises ValueError with what would be right."""
    try:
        networks = [ip_network(each.strip()) for each in text.split(",")]
    except ValueError:
        raise ValueError("networks such as 10.1.0.0/16,fd00::/8") from None
    return Reachable(tuple(networks))


def parse_address(text: str) -> Address:
    """Parse an address as a resolver returns it; a zone makes it a local one."""
    return ip_address(text.partition("%")[0])


def _contained(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address contains, or the address itself."""
    if isinstance(address, IPv6Address) and any(address in each for each in _CONTAINING):
        return IPv4Address(address.packed[-4:])
    return address


def _is_public(address: Address) -> bool:
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in each for each in _SPECIAL)
    )
