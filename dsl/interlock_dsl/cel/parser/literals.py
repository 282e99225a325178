"""How constants are written: numbers in range, text and bytes with their escapes."""

from typing import Final

from interlock_dsl.cel.values import INT_HIGH, INT_LOW, UINT_HIGH, UInt
from interlock_dsl.diagnostics import Diagnostic, DiagnosticError, Label
from interlock_dsl.diagnostics.source import Span

_SIMPLE: Final = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "?": "?", '"': '"', "'": "'", "`": "`",
}  # fmt: skip
_HEX_DIGITS: Final = {"x": 2, "X": 2, "u": 4, "U": 8}


def read_int(text: str, span: Span) -> int:
    """Return the value of an int literal; one that does not fit 64 bits is a `DiagnosticError`."""
    value = _whole(text, span)
    if not INT_LOW <= value <= INT_HIGH:
        raise _refuse("integer-out-of-range", "an int has 64 bits: -9223372036854775808 to 9223372036854775807", span)
    return value


def read_uint(text: str, span: Span) -> UInt:
    """Return the value of a uint literal (with its suffix); one that does not fit is a `DiagnosticError`."""
    value = _whole(text[:-1], span)
    if value > UINT_HIGH:
        raise _refuse("integer-out-of-range", "a uint has 64 bits: 0 to 18446744073709551615", span)
    return UInt(value)


def read_double(text: str, span: Span) -> float:
    """Return the value of a double literal; one beyond the largest double is a `DiagnosticError`."""
    _check_separators(text, span)
    value = float(text.replace("_", ""))
    if value in (float("inf"), float("-inf")):
        raise _refuse("double-out-of-range", "this number is larger than any double", span)
    return value


def _whole(text: str, span: Span) -> int:
    if len(text) > 100:
        raise _refuse("integer-out-of-range", "a number of this length fits no integer", span)
    if "0x" in text:
        return int(text, 16)
    _check_separators(text, span)
    return int(text.replace("_", ""))


def _check_separators(text: str, span: Span) -> None:
    if "_" not in text:
        return
    at = next((i for i, c in enumerate(text) if c == "_" and not text[i + 1 : i + 2].isdigit()), None)
    if at is not None:
        place = Span(span.source, span.start + at, span.start + at + 1)
        raise _refuse("bad-number", "an underscore stands between two digits of a number", place)


def read_string(text: str, span: Span) -> str:
    """Return the value of a string literal, quotes and prefix included."""
    raw, start, body = _open(text)
    if raw or "\\" not in body:
        return body
    parts: list[str] = []
    at = 0
    while (next_at := body.find("\\", at)) >= 0:
        parts.append(body[at:next_at])
        code, at = _escape(body, next_at, span, start, of_bytes=False)
        parts.append(code if isinstance(code, str) else chr(code))
    parts.append(body[at:])
    return "".join(parts)


def read_bytes(text: str, span: Span) -> bytes:
    r"""Return the value of a bytes literal: characters in UTF-8, `\x` and octal escapes as octets."""
    raw, start, body = _open(text[1:])
    if raw or "\\" not in body:
        return body.encode()
    parts = bytearray()
    at = 0
    while (next_at := body.find("\\", at)) >= 0:
        parts += body[at:next_at].encode()
        code, at = _escape(body, next_at, span, start + 1, of_bytes=True)
        if isinstance(code, str):
            parts += code.encode()
        else:
            parts.append(code)
    parts += body[at:].encode()
    return bytes(parts)


def _open(text: str) -> tuple[bool, int, str]:
    """Return whether the text is raw, where its body starts, and the body with every line end as a line feed."""
    raw = text[0] in "rR"
    start = 1 if raw else 0
    quotes = 3 if text[start : start + 3] in ('"""', "'''") and len(text) - start >= 6 else 1
    body = text[start + quotes : len(text) - quotes]
    return raw, start + quotes, body.replace("\r\n", "\n").replace("\r", "\n") if "\r" in body else body


def _escape(body: str, at: int, span: Span, start: int, *, of_bytes: bool) -> tuple[str | int, int]:
    """Return what the escape at `at` stands for (a number for a code point or octet), and where it ends."""
    letter = body[at + 1]
    if letter in _SIMPLE:
        return _SIMPLE[letter], at + 2
    if letter in "0123":
        end = at + 4
        digits, base, wanted = body[at + 1 : end], 8, 3
    elif letter in _HEX_DIGITS and not (of_bytes and letter in "uU"):
        wanted = _HEX_DIGITS[letter]
        end = at + 2 + wanted
        digits, base = body[at + 2 : end], 16
    else:
        known = r"\a \b \f \n \r \t \v \\ \? \" \' \` \x.. \ooo" + ("" if of_bytes else r" \u.... \U........")
        raise _refuse("bad-escape", f"`\\{letter}` is no escape", _within(span, start + at, 2), f"there are {known}")
    code = _number(digits, base, wanted)
    if letter == "u" and code is not None and 0xD800 <= code < 0xDC00 and body[end : end + 2] == "\\u":
        low = _number(body[end + 2 : end + 6], 16, 4)
        if low is not None and 0xDC00 <= low < 0xE000:
            return 0x10000 + (code - 0xD800 << 10) + low - 0xDC00, end + 6
    if code is None or (not of_bytes and (code > 0x10FFFF or 0xD800 <= code <= 0xDFFF)):
        message = f"`{body[at:end]}` is not a character"
        raise _refuse("bad-escape", message, _within(span, start + at, end - at))
    return code, end


def _number(digits: str, base: int, wanted: int) -> int | None:
    if len(digits) != wanted or not all(
        digit in "0123456789abcdefABCDEF"[: 8 if base == 8 else None] for digit in digits
    ):
        return None
    return int(digits, base)


def _within(span: Span, offset: int, length: int) -> Span:
    start = span.start + offset
    return Span(span.source, start, min(start + length, span.end))


def _refuse(code: str, message: str, span: Span, help: str | None = None) -> DiagnosticError:
    return DiagnosticError([Diagnostic(code, message, (Label(span),), help=help)])
