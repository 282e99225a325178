"""Addresses, blocks and URLs: one reading each, and nothing that another reader would read differently."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cel.running import error_of, evaluate, evaluate_checked
from interlock_dsl.cel import DYN, STRING, DiagnosticError, Environment, EvaluationError

FOUR = st.integers(0, 2**32 - 1).map(IPv4Address)
SIX = (
    st.lists(st.sampled_from((0, 0, 1, 0xFF, 0xFFFF)) | st.integers(0, 0xFFFF), min_size=8, max_size=8)
    .map(lambda groups: IPv6Address(":".join(f"{group:x}" for group in groups)))
    .filter(lambda address: address.ipv4_mapped is None)
)
ADDRESSES = FOUR | SIX


@st.composite
def blocks(draw: st.DrawFn) -> str:
    address = draw(ADDRESSES)
    return f"{address}/{draw(st.integers(0, address.max_prefixlen))}"


@given(ADDRESSES)
def test_an_address_is_what_it_is_written_as_however_it_is_spelled(address: IPv4Address | IPv6Address) -> None:
    text, long = str(address), address.exploded.upper()
    assert evaluate("string(ip(t))", t=text) == text
    assert evaluate("ip.isCanonical(t)", t=text) is True
    assert evaluate("ip(t) == ip(long) && ip(t).family() == family", t=text, long=long, family=address.version)
    assert evaluate("ip.isCanonical(long)", long=long) is (long == text)


def covers(one: IPv4Network | IPv6Network, two: IPv4Network | IPv6Network) -> bool:
    if isinstance(one, IPv4Network):
        return isinstance(two, IPv4Network) and two.subnet_of(one)
    return isinstance(two, IPv6Network) and two.subnet_of(one)


@given(blocks(), blocks(), ADDRESSES)
def test_blocks_hold_what_their_prefix_says(block: str, other: str, address: IPv4Address | IPv6Address) -> None:
    one, two = ip_network(block, strict=False), ip_network(other, strict=False)
    inside = one.version == address.version and address in one
    bound = {"block": block, "other": other, "address": str(address)}
    assert evaluate("cidr(block).containsIP(address)", **bound) is inside
    assert evaluate("cidr(block).containsIP(ip(address))", **bound) is inside
    assert evaluate("cidr(block).containsCIDR(other)", **bound) is covers(one, two)
    assert evaluate("cidr(block).containsCIDR(cidr(other))", **bound) is covers(one, two)
    assert evaluate("string(cidr(block).masked())", **bound) == str(one)
    assert evaluate("string(cidr(block).ip())", **bound) == block.partition("/")[0]
    assert evaluate("cidr(block).prefixLength()", **bound) == one.prefixlen
    assert evaluate("cidr(block) == cidr(other)", **bound) is (block == other)


@given(ADDRESSES)
def test_what_is_private_or_global_or_of_one_link(address: IPv4Address | IPv6Address) -> None:
    private = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
    bound = {"address": str(address)}
    held = any(address in ip_network(block) for block in private)
    everybody = str(address) == "255.255.255.255" or address.is_unspecified
    special = everybody or address.is_loopback or address.is_multicast or address.is_link_local
    assert evaluate("ip(address).isPrivate()", **bound) is held
    assert evaluate("ip(address).isLoopback()", **bound) is address.is_loopback
    assert evaluate("ip(address).isUnspecified()", **bound) is address.is_unspecified
    assert evaluate("ip(address).isLinkLocalUnicast()", **bound) is address.is_link_local
    assert evaluate("ip(address).isGlobalUnicast()", **bound) is not special


@pytest.mark.parametrize(
    ("address", "holds"),
    [
        ("224.0.0.1", True),
        ("224.0.1.1", False),
        ("ff02::1", True),
        ("ff12::1", True),
        ("ff05::1", False),
        ("::", False),
    ],
)
def test_link_local_multicast(address: str, holds: bool) -> None:
    assert evaluate("ip(address).isLinkLocalMulticast()", address=address) is holds


@pytest.mark.parametrize(
    "text",
    ["", " ", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04", "1.2.3.4 ", "1.2.3.4\n", "0x7f.0.0.1", "127.1",
     "2130706433", "1.2.3.٤", "1.2.3.4/32", "fe80::1%en0", "1.2.3.4%1", "::ffff:1.2.3.4", "1::2::3", "1:2:3:4:5:6:7",
     ":::", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "00001::", "g::", "[::1]", "::1.2.3.04", "1" * 10_000],
)  # fmt: skip
def test_what_is_no_address_is_an_error_and_never_another_address(text: str) -> None:
    assert evaluate("isIP(t)", t=text) is False
    for expression in ("ip(t)", "ip.isCanonical(t)", "cidr('::/0').containsIP(t)"):
        error = error_of(expression, t=text)
        assert error.code == "bad-conversion" and len(error.message) < 200


@pytest.mark.parametrize(
    "text",
    ["", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/-1", "10.0.0.0/8 ", "/8",
     "10.0.0.0/8/8", "::/129", "fe80::1%en0/24", "fe80::/24%en0", "::ffff:1.2.3.4/100", "::ffff:c0a8:1/120",
     "10.0.0.0/٨", "10.0.0.0/255.0.0.0"],
)  # fmt: skip
def test_what_is_no_block_is_an_error(text: str) -> None:
    assert evaluate("isCIDR(t)", t=text) is False
    for expression in ("cidr(t)", "cidr('::/0').containsCIDR(t)"):
        assert error_of(expression, t=text).code == "bad-conversion"


@given(st.text("0123456789abcdefx.:%/[]- ", max_size=20))
def test_what_is_asked_and_what_is_read_agree(text: str) -> None:
    for asked, read in (("isIP(t)", "ip(t)"), ("isCIDR(t)", "cidr(t)"), ("isURL(t)", "url(t)")):
        try:
            evaluate(read, t=text)
            readable = True
        except EvaluationError:
            readable = False
        assert evaluate(asked, t=text) is readable


def test_a_second_spelling_of_an_address_escapes_no_rule() -> None:
    assert evaluate_checked("ip('::ffff:7f00:1').isLoopback() && ip('::ffff:a00:1').isPrivate()") is True
    assert evaluate_checked("ip('::ffff:7f00:1').family()") == 4
    assert evaluate_checked("ip.isCanonical('::ffff:7f00:1')") is False


PLACES = st.text("ab.-_1:@[]%\\0x/?#A é", max_size=14) | st.sampled_from(
    ("example.com", "Example.COM.", "ann:secret@example.com:8080", "127.0.0.1", "[::1]:80", "a@b@c", "10.1", "0x7f.1")
)


@given(st.sampled_from(("https", "HTTP", "ftp")), PLACES, st.sampled_from(("", "/", "/a@b.c", "?@x.y", "#@z")))
def test_the_host_of_a_url_is_the_host_that_clients_connect_to(scheme: str, place: str, rest: str) -> None:
    text = f"{scheme}://{place}{rest}"
    if evaluate("isURL(t)", t=text):
        host = evaluate("url(t).getHostname()", t=text)
        theirs = (urlsplit(text).hostname or "").removesuffix(".")
        assert host == (evaluate("string(ip(host))", host=theirs) if ":" in theirs else theirs)
        client = httpx.URL(text).host.removesuffix(".")
        assert host == (evaluate("string(ip(host))", host=client) if ":" in client else client)
        port = evaluate("url(t).getPort()", t=text)
        assert port == "" or int(str(port)) == (urlsplit(text).port or 0)
        assert evaluate("url(t).getScheme()", t=text) == scheme.lower()


@pytest.mark.parametrize(
    "text",
    ["", "example.com", "//example.com", "mailto:ann@example.com", "https:/example.com", "https://", "https:///path",
     "https://example.com\\@evil.example", "https://a@b@example.com", "https://exa mple.com", "https://example.com\n",
     " https://example.com", "https://ex%61mple.com", "https://exämple.com", "https://127.1", "https://0x7f.0.0.1",
     "https://2130706433", "https://0177.0.0.1", "https://1.2.3.4.5", "https://[127.0.0.1]", "https://[::1",
     "https://[::1]x", "https://[@example.com", "https://a]@example.com", "https://\u2100@example.com",
     "https://[fe80::1%25en0]/", "https://[::ffff:127.0.0.1]/", "https://example.com:http", "https://example.com:65536",
     "https://a..b", "https://.a", "https://-a.b", "https://" + "a" * 300],
)  # fmt: skip
def test_a_url_that_readers_differ_about_is_refused(text: str) -> None:
    assert evaluate("isURL(t)", t=text) is False
    assert error_of("url(t)", t=text).code == "bad-conversion"


@pytest.mark.parametrize(
    "expression",
    ["isIP(cidr('10.0.0.0/8'))", "ip(1)", "ip('::1') < ip('::2')", "ip('::1') == '::1'", "ip('::1') == cidr('::/0')",
     "cidr('::/0').family()", "url('a://b').isLoopback()", "string(url('a://b'))", "'a'.getHostname()"],
)  # fmt: skip
def test_the_checker_keeps_addresses_blocks_and_urls_apart(expression: str) -> None:
    with pytest.raises(DiagnosticError) as raised:
        Environment({}).compile(expression)
    assert raised.value.diagnostics[0].code == "type-mismatch"


def test_types_have_names_and_values_are_told_apart_at_run_time() -> None:
    assert evaluate_checked(
        "type(ip('::1')) == net.IP && type(cidr('::/0')) == net.CIDR && type(url('a://b')) == net.URL"
    )
    assert evaluate_checked("[ip('::1'), ip('::2')].exists(a, a == ip('0:0::2')) && ip('::1') in [ip('::1')]") is True
    environment = Environment({"x": DYN})
    given = environment.compile("isIP('::1') ? ip('::1') : x")
    assert environment.compile("x == ip('::1')").evaluate({"x": given.evaluate({"x": 1})}) is True
    assert environment.compile("x == ip('::1')").evaluate({"x": "::1"}) is False
    with pytest.raises(EvaluationError) as raised:
        environment.compile("x.family() == 4").evaluate({"x": "::1"})
    assert raised.value.code == "no-such-overload"


def test_both_tiers_read_addresses_and_blocks_of_literals_are_made_once() -> None:
    guard = Environment({"host": STRING}).compile("cidr('10.0.0.0/8').containsIP(host) || ip(host).isLoopback()")
    asked: list[object] = []
    from interlock_dsl.cel.compiled import compile

    assert guard.checked is not None
    function = compile(guard.checked, asked.append, 1000)
    assert function is not None
    assert [function({"host": host}) for host in ("10.1.2.3", "127.0.0.1", "8.8.8.8")] == [True, True, False]
    assert asked == []
