"""Base64."""

import base64
import binascii
from typing import Final

from interlock_dsl.cel.library.declare import plain
from interlock_dsl.cel.signature import Function
from interlock_dsl.cel.types import BYTES, STRING
from interlock_dsl.cel.units import linear
from interlock_dsl.cel.values import Fault


def _encode(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _decode(text: str) -> bytes:
    """Read base64 with or without its padding."""
    body = text.rstrip("=")
    padding = len(text) - len(body)
    if padding in (0, -len(body) % 4):
        try:
            return base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
        except (binascii.Error, ValueError):
            pass
    raise Fault("bad-conversion", "the text is not base64")


FUNCTIONS: Final = (
    Function("base64.encode", (plain("base64_encode_bytes", (BYTES,), STRING, _encode, linear),)),
    Function("base64.decode", (plain("base64_decode_string", (STRING,), BYTES, _decode, linear),)),
)
