"""IP addresses and blocks of them, as values of expressions.

What is read is what no two readers understand differently: an address without a zone, IPv4 as four numbers without
leading zeros. Everything else is refused with a `ValueError` that says why.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

Family = Literal[4, 6]

LONGEST_ADDRESS: Final = 45
"""Characters of the longest text that can be an address."""
_BITS: Final = {4: 32, 6: 128}
_LENGTH: Final = re.compile(r"0|[1-9][0-9]{0,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address: its family and its number of 32 or 128 bits."""

    family: Family
    number: int

    def __str__(self) -> str:
        from ipaddress import IPv4Address, IPv6Address

        return str(IPv4Address(self.number) if self.family == 4 else IPv6Address(self.number))

    def within(self, first: int, length: int) -> bool:
        """Whether the first `length` bits are those of another number of the same family."""
        return (self.number ^ first) >> (_BITS[self.family] - length) == 0


@dataclass(frozen=True, slots=True)
class Network:
    """A block of addresses in CIDR notation; the address it is written with need not be its first."""

    address: Address
    length: int

    def __str__(self) -> str:
        return f"{self.address}/{self.length}"

    @property
    def masked(self) -> "Network":
        """The same block, written with its first address."""
        rest = _BITS[self.address.family] - self.length
        return Network(Address(self.address.family, self.address.number >> rest << rest), self.length)

    def contains(self, address: Address) -> bool:
        """Whether an address lies in the block; one of the other family never does."""
        return address.family == self.address.family and address.within(self.address.number, self.length)

    def covers(self, other: "Network") -> bool:
        """Whether every address of another block lies in this one."""
        return self.length <= other.length and self.contains(other.address)


def read_address(text: str) -> Address:
    """Return the address that a text is. Raises ValueError.

    A zone is refused, and so is IPv4 written inside IPv6 (`::ffff:192.168.0.1`). The same address in hexadecimal
    (`::ffff:c0a8:1`) is the IPv4 address it stands for: there is no second spelling that escapes a rule.
    """
    if "%" in text:
        raise ValueError(f"{_shown(text)}: an address with a zone is not allowed")
    number = _read_six(text) if ":" in text else None
    if number is None:
        return Address(4, _read_four(text))
    if number >> 32 != 0xFFFF:
        return Address(6, number)
    if "." in text:
        raise ValueError(f"{_shown(text)}: an IPv4 address mapped to IPv6 is not allowed")
    return Address(4, number & 0xFFFF_FFFF)


def _read_four(text: str) -> int:
    from ipaddress import IPv4Address

    if len(text) <= LONGEST_ADDRESS:
        try:
            return int(IPv4Address(text))
        except ValueError:
            pass
    raise ValueError(f"{_shown(text)} is not an IP address")


def _read_six(text: str) -> int:
    from ipaddress import IPv6Address

    if len(text) <= LONGEST_ADDRESS:
        try:
            return int(IPv6Address(text))
        except ValueError:
            pass
    raise ValueError(f"{_shown(text)} is not an IP address")


def read_network(text: str) -> Network:
    """Return the block that a text is, such as `10.0.0.0/8`. Raises ValueError."""
    written, slash, length = text.rpartition("/")
    if "%" in written:
        raise ValueError(f"{_shown(text)}: a block with a zone is not allowed")
    if not slash or not _LENGTH.fullmatch(length):
        raise ValueError(f"{_shown(text)} is not an address, `/` and the length of its prefix")
    address = read_address(written)
    if ":" in written and address.family == 4:
        raise ValueError(f"{_shown(text)}: a block of IPv4 addresses mapped to IPv6 is not allowed")
    if int(length) > _BITS[address.family]:
        raise ValueError(f"{_shown(text)}: a prefix of IPv{address.family} has at most {_BITS[address.family]} bits")
    return Network(address, int(length))


def _shown(text: str) -> str:
    return f'"{text if len(text) <= 60 else text[:57] + "..."}"'
