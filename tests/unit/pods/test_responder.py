"""What a container that is answered for says to those who ask it."""

from __future__ import annotations

import pytest

from testbed.pods.responder import answer
from testbed.pods.sandbox import Identity

POD = Identity("node1", "shop", "web-0", "uid-1")


def asked(line: str, caller: tuple[str, int] = ("10.0.0.9", 4711)) -> tuple[str, str]:
    """State and body of the answer; its length is what it says."""
    head, _, body = answer(f"{line}\r\nHost: x\r\n\r\n".encode(), POD, caller).partition(b"\r\n\r\n")
    state, *fields = head.decode().split("\r\n")
    if not line.startswith("HEAD"):
        assert f"Content-Length: {len(body)}" in fields
    assert "Connection: close" in fields
    return state, body.decode()


def test_any_path_tells_the_pod_its_node_the_caller_and_what_was_asked() -> None:
    state, body = asked("GET /some/where?with=query HTTP/1.1")
    assert state == "HTTP/1.1 200 OK"
    assert body == "pod: shop/web-0\nnode: node1\ncaller: 10.0.0.9\nrequest: GET /some/where\n"


def test_hostname_is_the_pods_name() -> None:
    assert asked("GET /hostname HTTP/1.0")[1] == "web-0"


@pytest.mark.parametrize(
    ("address", "told"),
    [("10.0.0.9", "10.0.0.9:80"), ("::ffff:10.0.0.9", "10.0.0.9:80"), ("fd00::9", "[fd00::9]:80")],
)
def test_clientip_is_the_caller_as_agnhost_writes_it(address: str, told: str) -> None:
    assert asked("GET /clientip HTTP/1.1", (address, 80))[1] == told


def test_head_has_the_head_alone() -> None:
    assert asked("HEAD / HTTP/1.1") == ("HTTP/1.1 200 OK", "")


@pytest.mark.parametrize("line", ["", "GET /", "\x16\x03\x01", "GET / SMTP/1.0", "a b c d"])
def test_what_is_no_http_is_told_so(line: str) -> None:
    assert asked(line) == ("HTTP/1.1 400 Bad Request", "this port speaks HTTP\n")
