"""Moments that a person or a program gives: RFC 3339 text, as microseconds since 1970."""

from datetime import UTC, datetime, timedelta

from interlock_cli.errors import CommandError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORM = "write `2026-11-20T14:03:09Z`, or with an offset such as `+01:00`"


def moment(text: str, option: str) -> int:
    """Return the moment that a text says. `option` is what it is called in an error. Raises CommandError."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{option} is no moment: `{text}`", _FORM) from None
    if read.tzinfo is None:
        raise CommandError(f"{option} does not say in which time zone it is: `{text}`", _FORM)
    if read < _EPOCH:
        raise CommandError(f"{option} is before 1970: `{text}`", _FORM)
    return (read - _EPOCH) // timedelta(microseconds=1)
