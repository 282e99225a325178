"""URLs as values of expressions: who a URL leads to, where every reader of it agrees.

A rule that reads the host differently from the client that connects is no rule. So a URL is refused where readers are
known to differ: backslashes, blanks and control characters, a second `@`, brackets before it, percent signs in the
host, letters beyond ASCII in both, and hosts that some take for an address and others for a name (`127.1`,
`0x7f.0.0.1`, `2130706433`).
"""

import re
from dataclasses import dataclass
from typing import Final

from interlock_dsl.cel.addresses import Address, read_address

LONGEST_HOST: Final = 253
"""Characters of the longest name of a host."""
HIGHEST_PORT: Final = 65_535

_PARTS: Final = re.compile(r"([a-z][a-z0-9+.-]*)://([^/?#]*)([^?#]*)(?:\?[^#]*)?(?:#.*)?", re.ASCII | re.IGNORECASE)
_UNSAFE: Final = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029]")
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_NUMERIC: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_PORT: Final = re.compile(r"[0-9]{1,5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Url:
    """A URL with an authority. `host` is in lower case, without brackets, and without a dot at its end."""

    text: str
    scheme: str
    host: str
    port: str
    path: str

    def __str__(self) -> str:
        return self.text

    @property
    def authority(self) -> str:
        """The host and the port as they stand in a URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.port else host


def read_url(text: str) -> Url:
    """Return the URL that a text is. Raises ValueError."""
    found = None if _UNSAFE.search(text) else _PARTS.fullmatch(text)
    if found is None:
        raise ValueError(f"{_shown(text)} is not a URL of the form scheme://host/path")
    scheme, authority, path = found.groups()
    if authority.count("@") > 1:
        raise ValueError(f"{_shown(text)}: a URL has at most one `@` before its path")
    user, _, place = authority.rpartition("@")
    if not user.isascii() or "[" in user or "]" in user:
        raise ValueError(f"{_shown(text)}: before the `@` of a URL stand neither brackets nor letters beyond ASCII")
    host, port = _host_and_port(place, text)
    return Url(text, scheme.lower(), host, port, path)


def _host_and_port(place: str, text: str) -> tuple[str, str]:
    if place.startswith("["):
        written, closed, after = place[1:].partition("]")
        host = str(_bracketed(written, text)) if closed else ""
        colon, port = after[:1], after[1:]
    else:
        written, colon, port = place.partition(":")
        host = _name(written, text)
    if not host or colon not in ("", ":") or (port and not _PORT.fullmatch(port)) or int(port or 0) > HIGHEST_PORT:
        raise ValueError(f"{_shown(text)}: after the host of a URL stands a port up to {HIGHEST_PORT}, or nothing")
    return host, port


def _bracketed(written: str, text: str) -> Address:
    if ":" not in written:
        raise ValueError(f"{_shown(text)}: only an IPv6 address stands in brackets")
    return read_address(written)


def _name(written: str, text: str) -> str:
    """Return the name of a host in lower case; one whose last part is a number must be an IPv4 address."""
    name = written.lower().removesuffix(".")
    labels = name.split(".")
    if len(name) > LONGEST_HOST or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError(
            f"{_shown(text)}: the host of a URL is a name of letters, digits, `-`, `_` and dots, or an address"
        )
    return str(read_address(name)) if _NUMERIC.fullmatch(labels[-1]) else name


def _shown(text: str) -> str:
    return f'"{text if len(text) <= 60 else text[:57] + "..."}"'
