"""A kubeconfig is checked when it is read, and what is amiss is named."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.kubernetes import Access, KubeconfigError


def kubeconfig(directory: Path, cluster: dict[str, Any], user: dict[str, Any] | None = None) -> Path:
    path = directory / "kubeconfig"
    document = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": cluster}],
        "users": [{"name": "u", "user": user or {}}],
    }
    path.write_text(yaml.safe_dump(document))
    return path


def test_a_unix_socket_is_a_server(tmp_path: Path) -> None:
    access = Access.load(kubeconfig(tmp_path, {"server": "unix:/run/api.sock"}))
    assert access.socket == "/run/api.sock"
    assert access.base == "http://localhost"


def test_a_ca_may_be_inline_or_a_file_beside_the_kubeconfig(tmp_path: Path) -> None:
    inline = base64.b64encode(b"PEM").decode()
    server = {"server": "https://h:6443"}
    (tmp_path / "ca.crt").write_bytes(b"PEM")
    for entry in ({"certificate-authority-data": inline}, {"certificate-authority": "ca.crt"}):
        assert Access.load(kubeconfig(tmp_path, server | entry)).ca == b"PEM"


def test_a_token_may_be_inline_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n")
    for user in ({"token": "secret"}, {"tokenFile": str(tmp_path / "token")}):
        access = Access.load(kubeconfig(tmp_path, {"server": "https://h"}, user))
        assert access.token == "secret"
        assert "secret" not in repr(access)


@pytest.mark.parametrize(
    ("cluster", "user", "named"),
    [
        ({"server": "ftp://h"}, {}, "ftp://h"),
        ({}, {}, "None"),
        ({"server": "https://h", "certificate-authority-data": "%"}, {}, "certificate-authority-data"),
        ({"server": "https://h", "certificate-authority": "missing.crt"}, {}, "missing.crt"),
        ({"server": "https://h"}, {"exec": {"command": "x"}}, "exec"),
    ],
)
def test_what_cannot_be_used_is_named(
    tmp_path: Path, cluster: dict[str, Any], user: dict[str, Any], named: str
) -> None:
    with pytest.raises(KubeconfigError, match=named):
        Access.load(kubeconfig(tmp_path, cluster, user))


def test_an_unknown_context_is_named(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match="other"):
        Access.load(kubeconfig(tmp_path, {"server": "https://h"}), context="other")
