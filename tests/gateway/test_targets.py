import ipaddress

import pytest

from fengqiao_contracts.errors import Invalid
from fengqiao_gateway.domain.targets import check_resolved, parse_target, reachable

REFUSED = [
    "http://example.com/hook",
    "ftp://example.com/hook",
    "file:///etc/passwd",
    "gopher://example.com:443/",
    "javascript:alert(1)",
    "//example.com/hook",
    "example.com/hook",
    "https://",
    "https:///hook",
    "https://user@example.com/",
    "https://user:pw@example.com/",
    "https://example.com@127.0.0.1/",
    "https://127.0.0.1#@example.com/",
    "https://example.com/#here",
    "https://example.com:22/",
    "https://example.com:80/",
    "https://example.com:65536/",
    "https://example.com:port/",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://a.localhost/",
    "https://db.internal/",
    "https://printer.local/",
    "https://intranet/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.000.000.001/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://2130706433/",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/",
    "https://192.0.0.1/",
    "https://192.0.2.1/",
    "https://198.18.0.1/",
    "https://203.0.113.9/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::a00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:53aa:64c:0:fbff:80ff:fffe]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fc00::1]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    "https://[::1/",
    "https://exa mple.com/",
    "https://exam\tple.com/",
    "https://example.com\\@127.0.0.1/",
    "https://\uff11\uff12\uff17.0.0.1/",
    "https://\u2460\u2461\u2466.0.0.1/",
    "https://example.com/\r\nHost: 127.0.0.1",
    "https://-x.example.com/",
    "https://a..example.com/",
    "https://example.com/" + "a" * 2000,
]


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_may_lead_inside_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_target(url)
    assert refusal.value.field == "url"
    assert refusal.value.zh


@pytest.mark.parametrize(
    "url",
    ["https://hooks.example.com/a?b=c", "https://8.8.8.8/", "https://[2606:4700::1111]:8443/x"],
)
def test_a_public_address_is_taken(url: str) -> None:
    target = parse_target(url)
    assert target.scheme == "https"
    assert not target.trusted


def test_only_the_listed_host_and_port_may_be_inside() -> None:
    trusted = frozenset({"127.0.0.1:9000"})
    assert parse_target("http://127.0.0.1:9000/hook", trusted).trusted
    for url in ("http://127.0.0.1:9001/", "http://127.0.0.2:9000/", "ftp://127.0.0.1:9000/"):
        with pytest.raises(Invalid):
            parse_target(url, trusted)


def test_a_name_with_one_inner_address_among_public_ones_is_refused() -> None:
    public, inner = ipaddress.ip_address("8.8.8.8"), ipaddress.ip_address("10.0.0.1")
    assert check_resolved([public]) == public
    for addresses in ([], [inner], [public, inner]):
        with pytest.raises(Invalid):
            check_resolved(addresses)


def test_what_python_calls_global_is_still_closed_where_it_wraps_an_inner_address() -> None:
    for text in ("64:ff9b::7f00:1", "2002:7f00:1::", "224.0.0.1", "192.88.99.1"):
        assert not reachable(ipaddress.ip_address(text))
