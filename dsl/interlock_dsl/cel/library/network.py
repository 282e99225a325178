"""IP addresses, blocks of them, and URLs: what rules on where data may go are written with.

Addresses and blocks are those of the network library of CEL. `isPrivate` is ours. `url` and what reads it have the
names of the URL library of Kubernetes, which reads more than this one accepts.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from interlock_dsl.cel.addresses import Address, Network, read_address, read_network
from interlock_dsl.cel.library.declare import method, plain
from interlock_dsl.cel.signature import Function
from interlock_dsl.cel.types import BOOL, CIDR, INT, IP, STRING, URL
from interlock_dsl.cel.units import linear
from interlock_dsl.cel.urls import Url, read_url
from interlock_dsl.cel.values import Fault

Read = TypeVar("Read")


def _blocks(*texts: str) -> tuple[Network, ...]:
    return tuple(map(read_network, texts))


UNSPECIFIED: Final = _blocks("0.0.0.0/32", "::/128")
BROADCAST: Final = _blocks("255.255.255.255/32")
LOOPBACK: Final = _blocks("127.0.0.0/8", "::1/128")
MULTICAST: Final = _blocks("224.0.0.0/4", "ff00::/8")
LINK_LOCAL: Final = _blocks("169.254.0.0/16", "fe80::/10")
LINK_LOCAL_MULTICAST: Final = (*_blocks("224.0.0.0/24"), *_blocks(*(f"ff{flags:x}2::/16" for flags in range(16))))
PRIVATE: Final = _blocks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
"""RFC 1918 and RFC 4193."""
NOT_GLOBAL: Final = (*UNSPECIFIED, *BROADCAST, *LOOPBACK, *MULTICAST, *LINK_LOCAL)


def _or_fault(read: Callable[[str], Read]) -> Callable[[str], Read]:
    def implementation(text: str) -> Read:
        try:
            return read(text)
        except ValueError as error:
            raise Fault("bad-conversion", str(error)) from None

    return implementation


def _whether(read: Callable[[str], object]) -> Callable[[str], bool]:
    def implementation(text: str) -> bool:
        try:
            read(text)
        except ValueError:
            return False
        return True

    return implementation


def _among(blocks: tuple[Network, ...]) -> Callable[[Address], bool]:
    return lambda address: any(block.contains(address) for block in blocks)


_ADDRESS: Final = _or_fault(read_address)
_NETWORK: Final = _or_fault(read_network)


def _is_global(address: Address) -> bool:
    return not any(block.contains(address) for block in NOT_GLOBAL)


def _is_canonical(text: str) -> bool:
    return str(_ADDRESS(text)) == text


def _contains_text(block: Network, text: str) -> bool:
    return block.contains(_ADDRESS(text))


def _covers_text(block: Network, text: str) -> bool:
    return block.covers(_NETWORK(text))


def _asked(name: str, id: str, implementation: Callable[[Address], bool]) -> Function:
    return Function(name, (method(id, (IP,), BOOL, implementation),))


def _part(name: str, id: str, implementation: Callable[[Url], str]) -> Function:
    return Function(name, (method(id, (URL,), STRING, implementation),))


FUNCTIONS: Final = (
    Function("isIP", (plain("is_ip", (STRING,), BOOL, _whether(read_address), linear),)),
    Function("isCIDR", (plain("is_cidr", (STRING,), BOOL, _whether(read_network), linear),)),
    Function(
        "ip",
        (
            plain("string_to_ip", (STRING,), IP, _ADDRESS, linear),
            method("cidr_ip", (CIDR,), IP, lambda block: block.address),
        ),
    ),
    Function("cidr", (plain("string_to_cidr", (STRING,), CIDR, _NETWORK, linear),)),
    Function("ip.isCanonical", (plain("ip_is_canonical", (STRING,), BOOL, _is_canonical, linear),)),
    Function("family", (method("ip_family", (IP,), INT, lambda address: address.family),)),
    _asked("isUnspecified", "ip_is_unspecified", _among(UNSPECIFIED)),
    _asked("isLoopback", "ip_is_loopback", _among(LOOPBACK)),
    _asked("isGlobalUnicast", "ip_is_global_unicast", _is_global),
    _asked("isLinkLocalMulticast", "ip_is_link_local_multicast", _among(LINK_LOCAL_MULTICAST)),
    _asked("isLinkLocalUnicast", "ip_is_link_local_unicast", _among(LINK_LOCAL)),
    _asked("isPrivate", "ip_is_private", _among(PRIVATE)),
    Function(
        "containsIP",
        (
            method("cidr_contains_ip", (CIDR, IP), BOOL, Network.contains),
            method("cidr_contains_ip_string", (CIDR, STRING), BOOL, _contains_text, linear),
        ),
    ),
    Function(
        "containsCIDR",
        (
            method("cidr_contains_cidr", (CIDR, CIDR), BOOL, Network.covers),
            method("cidr_contains_cidr_string", (CIDR, STRING), BOOL, _covers_text, linear),
        ),
    ),
    Function("masked", (method("cidr_masked", (CIDR,), CIDR, lambda block: block.masked),)),
    Function("prefixLength", (method("cidr_prefix_length", (CIDR,), INT, lambda block: block.length),)),
    Function(
        "string",
        (plain("ip_to_string", (IP,), STRING, str), plain("cidr_to_string", (CIDR,), STRING, str)),
    ),
    Function("isURL", (plain("is_url", (STRING,), BOOL, _whether(read_url), linear),)),
    Function("url", (plain("string_to_url", (STRING,), URL, _or_fault(read_url), linear),)),
    _part("getScheme", "url_get_scheme", lambda url: url.scheme),
    _part("getHost", "url_get_host", lambda url: url.authority),
    _part("getHostname", "url_get_hostname", lambda url: url.host),
    _part("getPort", "url_get_port", lambda url: url.port),
    _part("getEscapedPath", "url_get_escaped_path", lambda url: url.path),
)
