"""How JSON carries what it has no kind of value for: points in time, lengths of time, bytes.

Timestamps are RFC 3339 text, durations text such as `90s` or `1h30m` (written in seconds), bytes base64.
"""

import base64
import binascii

from interlock_dsl.cel.library import instants
from interlock_dsl.cel.values import Duration, Fault, Timestamp

DURATION_PATTERN = r"^[-+]?(0|([0-9]+(\.[0-9]*)?(ns|us|ms|s|m|h))+)$"


def read_timestamp(text: object) -> Timestamp:
    """Return the timestamp that RFC 3339 text stands for; ValueError for anything else."""
    if not isinstance(text, str):
        raise ValueError("not a timestamp")
    try:
        return instants.read_timestamp(text)
    except Fault as fault:
        raise ValueError(fault.message) from fault


def read_duration(text: object) -> Duration:
    """Return the duration that text such as `90s` or `1h30m` stands for; ValueError for anything else."""
    if not isinstance(text, str):
        raise ValueError("not a duration")
    try:
        return instants.read_duration(text)
    except Fault as fault:
        raise ValueError(fault.message) from fault


def read_bytes(text: object) -> bytes:
    """Return the bytes that base64 text stands for; ValueError for anything else."""
    if not isinstance(text, str):
        raise ValueError("not base64")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64") from error


def write_bytes(data: bytes) -> str:
    """Return base64 text."""
    return base64.b64encode(data).decode()
