"""The API server as its clients meet it: a real process, its socket, its end by kill -9 and its return."""

from __future__ import annotations

import asyncio
import resource
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from controller.api.kinds import PODS
from controller.kubernetes.access import Access
from controller.kubernetes.client import Client
from tests.system.apiserver_process import Answer, Connection, ServerProcess, a_pod, running

pytestmark = pytest.mark.system

IN_DEFAULT = "/api/v1/namespaces/default/pods"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for tests that leave nothing behind in it."""
    with running(tmp_path_factory.mktemp("shared")) as process:
        yield process


@pytest.fixture
async def api(server: ServerProcess) -> AsyncIterator[Connection]:
    connection = await server.connect()
    yield connection
    connection.close()


def revision(answer: Answer) -> int:
    return int(answer.document["metadata"]["resourceVersion"])


def causes(answer: Answer) -> set[str]:
    return {cause["field"] for cause in answer.document["details"]["causes"]}


async def read(events: AsyncIterator[Any], count: int) -> list[Any]:
    async def take() -> list[Any]:
        return [await anext(events) for _ in range(count)]

    return await asyncio.wait_for(take(), 10)


def seen(events: list[Any]) -> list[tuple[str, str]]:
    return [(event["type"], event["object"]["metadata"]["name"]) for event in events]


# Killed and started again


async def test_what_was_acknowledged_outlives_kill_9_and_watchers_go_on(server: ServerProcess) -> None:
    acknowledged: dict[str, int] = {}
    followed: list[Any] = []
    watcher = await server.connect()

    async def follow() -> None:
        try:
            async for event in await watcher.watch("/api/v1/pods?watch=1"):
                followed.append(event)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass

    async def create(client: int) -> None:
        connection = await server.connect()
        try:
            for number in range(10_000):
                answer = await connection.create(IN_DEFAULT, a_pod(f"pod-{client}-{number}"))
                assert answer.code == 201, answer.body
                acknowledged[f"pod-{client}-{number}"] = revision(answer)
                if len(acknowledged) == 500:
                    server.process.send_signal(signal.SIGKILL)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            connection.close()

    following = asyncio.create_task(follow())
    await asyncio.gather(*(create(client) for client in range(12)))
    await following
    assert server.end() == -signal.SIGKILL
    assert len(acknowledged) >= 500
    server.start()

    api = await server.connect()
    listed = (await api.request("GET", "/api/v1/pods")).document
    found = {pod["metadata"]["name"]: int(pod["metadata"]["resourceVersion"]) for pod in listed["items"]}
    assert acknowledged.items() <= found.items()
    assert int(listed["metadata"]["resourceVersion"]) >= max(acknowledged.values())

    last = int(followed[-1]["object"]["metadata"]["resourceVersion"])
    missed = len(found) - len(followed)
    later = await api.create(IN_DEFAULT, a_pod("later"))
    assert revision(later) > max(found.values())
    resumed = await read(await api.watch(f"/api/v1/pods?watch=1&resourceVersion={last}"), missed + 1)
    together = [event["object"]["metadata"]["name"] for event in followed + resumed]
    assert sorted(together) == sorted([*found, "later"])


async def test_a_watch_from_a_revision_that_history_no_longer_has_is_gone(tmp_path: Path) -> None:
    with running(tmp_path, "--history", "10") as server:
        api = await server.connect()
        for number in range(30):
            await api.create(IN_DEFAULT, a_pod(f"pod-{number}"))
        server.end(signal.SIGKILL)
        server.start()
        api = await server.connect()
        assert len((await api.request("GET", IN_DEFAULT)).document["items"]) == 30
        assert len(await read(await api.watch("/api/v1/pods?watch=1&resourceVersion=24"), 10)) == 10
        api = await server.connect()
        events = [event async for event in await api.watch("/api/v1/pods?watch=1&resourceVersion=5")]
        assert [(event["type"], event["object"]["code"]) for event in events] == [("ERROR", 410)]


async def test_the_journal_keeps_current_objects_and_recent_history_only(tmp_path: Path) -> None:
    with running(tmp_path, "--history", "50") as server:
        api = await server.connect()
        big = "x" * 200_000
        await api.create(IN_DEFAULT, a_pod("one"))
        for number in range(300):
            answer = await api.patch(
                f"{IN_DEFAULT}/one", {"metadata": {"annotations": {"big": f"{number}{big}"}}}
            )
            assert answer.code == 200
        assert (tmp_path / "journal.db").stat().st_size < 30_000_000
        server.end()
        server.start()
        api = await server.connect()
        found = (await api.request("GET", f"{IN_DEFAULT}/one")).document
        assert found["metadata"]["annotations"]["big"] == f"299{big}"


async def test_a_second_server_on_the_same_journal_is_refused(server: ServerProcess) -> None:
    second = ServerProcess(server.directory)
    with pytest.raises(AssertionError, match="database is locked"):
        second.start()
    assert second.end() == 2
    assert (await (await server.connect()).request("GET", "/healthz")).code == 200


async def test_a_server_whose_journal_is_full_ends_and_has_lost_nothing(server: ServerProcess) -> None:
    acknowledged: list[str] = []
    api = await server.connect()
    limit = server.directory.joinpath("journal.db-wal").stat().st_size + 100_000
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (limit, limit))
    while (answer := await api.create(IN_DEFAULT, a_pod(f"pod-{len(acknowledged)}"))).code == 201:
        acknowledged.append(answer.document["metadata"]["name"])
        assert len(acknowledged) < 1_000
    assert answer.document["reason"] == "InternalError"
    assert server.process.wait(60) == 3
    assert "nothing more can be promised" in server.log.read_text()
    server.start()
    api = await server.connect()
    found = {pod["metadata"]["name"] for pod in (await api.request("GET", IN_DEFAULT)).document["items"]}
    assert len(acknowledged) > 10
    assert found == set(acknowledged)


async def test_sigterm_ends_it_cleanly_even_with_watchers(server: ServerProcess) -> None:
    watcher = await server.connect()
    events = await watcher.watch("/api/v1/namespaces?watch=1")
    await read(events, 4)
    assert server.end(signal.SIGTERM) == 0
    assert not server.socket.exists()
    assert "Traceback" not in server.log.read_text()


# Writing


async def test_an_object_gets_an_identity_and_a_stamp(api: Connection) -> None:
    answer = await api.create(IN_DEFAULT, {"metadata": {"generateName": "web-"}, "spec": {"containers": []}})
    assert answer.code == 201
    pod = answer.document
    assert len(pod["metadata"]["name"]) == len("web-") + 5
    assert pod["metadata"]["generation"] == 1
    assert pod["metadata"]["uid"]
    assert pod["status"]["phase"] == "Pending"
    events = await read(await api.watch("/api/v1/pods?watch=1"), 1)
    assert events[0]["acceptedMonotonicNs"] == int(answer.headers["x-accepted-monotonic-ns"])


async def test_every_fault_of_an_object_is_a_cause_of_its_own(api: Connection) -> None:
    pod = a_pod(
        "bad", contaners=[], nodeName=7, containers=[{"image": "i", "ports": [{"containerPort": "http"}]}]
    )
    answer = await api.create(IN_DEFAULT, pod)
    assert (answer.code, answer.document["reason"]) == (400, "BadRequest")
    assert 'strict decoding error: unknown field "spec.contaners"' in answer.document["message"]
    assert causes(answer) == {
        "spec.contaners",
        "spec.nodeName",
        "spec.containers[0].name",
        "spec.containers[0].ports[0].containerPort",
    }
    assert (await api.request("GET", f"{IN_DEFAULT}/bad")).code == 404


async def test_only_a_changed_spec_raises_the_generation_and_only_a_change_the_revision(
    api: Connection,
) -> None:
    created = await api.create(
        "/apis/kubeovn.io/v1/subnets", {"metadata": {"name": "a"}, "spec": {"cidrBlock": "10.1.0.0/16"}}
    )
    path = "/apis/kubeovn.io/v1/subnets/a"
    same = await api.patch(path, {"spec": {"cidrBlock": "10.1.0.0/16"}})
    assert revision(same) == revision(created)
    assert "x-accepted-monotonic-ns" not in same.headers
    labelled = await api.patch(path, {"metadata": {"labels": {"a": "b"}}})
    assert labelled.document["metadata"]["generation"] == 1
    assert revision(labelled) > revision(created)
    changed = await api.patch(path, {"spec": {"private": True}})
    assert changed.document["metadata"]["generation"] == 2


async def test_status_changes_by_its_subresource_alone(api: Connection) -> None:
    path = "/apis/kubeovn.io/v1/subnets/a"
    subnet = {"metadata": {"name": "a"}, "spec": {"cidrBlock": "10.1.0.0/16"}, "status": {"v4usingIPs": 1}}
    assert "status" not in (await api.create("/apis/kubeovn.io/v1/subnets", subnet)).document
    assert "status" not in (await api.patch(path, {"status": {"v4usingIPs": 1}})).document
    answer = await api.patch(f"{path}/status", {"status": {"v4usingIPs": 7}, "spec": {"private": True}})
    assert answer.document["status"] == {"v4usingIPs": 7}
    assert answer.document["spec"]["private"] is False
    assert answer.document["metadata"]["generation"] == 1


async def test_conflicts_are_told(api: Connection) -> None:
    created = await api.create(IN_DEFAULT, a_pod("a"))
    assert (await api.create(IN_DEFAULT, a_pod("a"))).document["reason"] == "AlreadyExists"
    await api.patch(f"{IN_DEFAULT}/a", {"metadata": {"labels": {"app": "b"}}})
    stale = created.document | {"spec": created.document["spec"] | {"nodeName": "node2"}}
    answer = await api.request("PUT", f"{IN_DEFAULT}/a", stale)
    assert (answer.code, answer.document["reason"]) == (409, "Conflict")
    other = {"preconditions": {"uid": "another"}}
    assert (await api.request("DELETE", f"{IN_DEFAULT}/a", other)).code == 409
    assert (await api.request("PUT", f"{IN_DEFAULT}/b", stale)).code == 404


async def test_a_dry_run_tells_and_changes_nothing(api: Connection) -> None:
    assert (await api.create(f"{IN_DEFAULT}?dryRun=All", a_pod("a"))).code == 201
    assert (await api.request("GET", f"{IN_DEFAULT}/a")).code == 404
    assert (await api.create(f"{IN_DEFAULT}?dryRun=Some", a_pod("a"))).code == 400


# Deleting


async def test_a_bound_pod_goes_when_its_kubelet_says_so(api: Connection) -> None:
    await api.create(IN_DEFAULT, a_pod("a"))
    asked = await api.request("DELETE", f"{IN_DEFAULT}/a")
    assert asked.document["metadata"]["deletionGracePeriodSeconds"] == 30
    assert asked.document["metadata"]["deletionTimestamp"]
    assert revision(await api.request("DELETE", f"{IN_DEFAULT}/a")) == revision(asked)
    await api.request("DELETE", f"{IN_DEFAULT}/a", {"gracePeriodSeconds": 0})
    assert (await api.request("GET", f"{IN_DEFAULT}/a")).code == 404


async def test_an_unbound_pod_goes_at_once(api: Connection) -> None:
    await api.create(IN_DEFAULT, a_pod("a", nodeName=None))
    await api.request("DELETE", f"{IN_DEFAULT}/a")
    assert (await api.request("GET", f"{IN_DEFAULT}/a")).code == 404


async def test_a_finalizer_has_the_last_word(api: Connection) -> None:
    path = "/apis/kubeovn.io/v1/ips/a.default"
    await api.create(
        "/apis/kubeovn.io/v1/ips", {"metadata": {"name": "a.default", "finalizers": ["x.io/keep"]}}
    )
    assert (await api.request("DELETE", path)).document["metadata"]["deletionTimestamp"]
    added = await api.patch(path, {"metadata": {"finalizers": ["x.io/keep", "x.io/more"]}})
    assert causes(added) == {"metadata.finalizers"}
    await api.patch(path, {"metadata": {"finalizers": None}})
    assert (await api.request("GET", path)).code == 404


async def test_a_namespace_goes_after_what_is_in_it(api: Connection, server: ServerProcess) -> None:
    await api.create("/api/v1/namespaces", {"metadata": {"name": "team"}})
    inside = "/api/v1/namespaces/team/pods"
    await api.create(inside, a_pod("bound"))
    await api.create(inside, a_pod("unbound", nodeName=None))
    watcher = await server.connect()
    gone = await watcher.watch("/api/v1/namespaces?watch=1&fieldSelector=metadata.name=team")
    await read(gone, 1)
    going = await api.request("DELETE", "/api/v1/namespaces/team")
    assert going.document["status"]["phase"] == "Terminating"
    refused = await api.create(inside, a_pod("late"))
    assert (refused.code, refused.document["details"]["causes"][0]["reason"]) == (403, "NamespaceTerminating")
    server.end(signal.SIGKILL)  # half way: the next process goes on
    server.start()
    api = await server.connect()
    watcher = await server.connect()
    gone = await watcher.watch("/api/v1/namespaces?watch=1&fieldSelector=metadata.name=team")
    await read(gone, 1)
    left = (await api.request("GET", inside)).document["items"]
    assert [pod["metadata"]["name"] for pod in left] == ["bound"]
    await api.request("DELETE", f"{inside}/bound", {"gracePeriodSeconds": 0})
    assert seen(await read(gone, 1)) == [("DELETED", "team")]
    assert (await api.create(inside, a_pod("late"))).code == 404
    assert (await api.request("DELETE", "/api/v1/namespaces/default")).code == 403


async def test_a_collection_is_deleted_by_selector(api: Connection) -> None:
    for name, app in (("a", "x"), ("b", "x"), ("c", "y")):
        pod = a_pod(name, nodeName=None)
        pod["metadata"]["labels"] = {"app": app}
        await api.create(IN_DEFAULT, pod)
    assert len((await api.request("DELETE", f"{IN_DEFAULT}?labelSelector=app=x")).document["items"]) == 2
    assert [pod["metadata"]["name"] for pod in (await api.request("GET", IN_DEFAULT)).document["items"]] == [
        "c"
    ]


# Listing


async def test_pages_show_one_moment_whatever_changes_between_them(api: Connection) -> None:
    for number in range(7):
        await api.create(IN_DEFAULT, a_pod(f"pod-{number}", nodeName=None))
    first = await api.request("GET", f"{IN_DEFAULT}?limit=3")
    assert first.document["metadata"]["remainingItemCount"] == 4
    await api.request("DELETE", f"{IN_DEFAULT}/pod-5")
    await api.create(IN_DEFAULT, a_pod("pod-00"))
    names, answer = [], first
    while True:
        names += [pod["metadata"]["name"] for pod in answer.document["items"]]
        assert revision(answer) == revision(first)
        token = answer.document["metadata"].get("continue")
        if not token:
            break
        assert (await api.request("GET", f"/api/v1/pods?limit=3&continue={token}")).code == 400
        answer = await api.request("GET", f"{IN_DEFAULT}?limit=3&continue={token}")
    assert names == [f"pod-{number}" for number in range(7)]
    missed = await read(await api.watch(f"{IN_DEFAULT}?watch=1&resourceVersion={revision(first)}"), 2)
    assert seen(missed) == [("DELETED", "pod-5"), ("ADDED", "pod-00")]


# Watching


async def test_a_selection_turns_changes_of_labels_into_coming_and_going(
    api: Connection, server: ServerProcess
) -> None:
    watcher = await server.connect()
    start = revision(await api.request("GET", IN_DEFAULT))
    events = await watcher.watch(f"/api/v1/pods?watch=1&resourceVersion={start}&labelSelector=app=web")
    await api.create(IN_DEFAULT, a_pod("a"))
    await api.patch(f"{IN_DEFAULT}/a", {"metadata": {"annotations": {"x": "y"}}})
    left = await api.patch(f"{IN_DEFAULT}/a", {"metadata": {"labels": {"app": "db"}}})
    await api.patch(f"{IN_DEFAULT}/a", {"metadata": {"annotations": {"x": "z"}}})
    await api.patch(f"{IN_DEFAULT}/a", {"metadata": {"labels": {"app": "web"}}})
    found = await read(events, 4)
    assert [event["type"] for event in found] == ["ADDED", "MODIFIED", "DELETED", "ADDED"]
    assert found[2]["object"]["metadata"]["labels"]["app"] == "web"
    assert found[2]["object"]["metadata"]["resourceVersion"] == left.document["metadata"]["resourceVersion"]


async def test_a_watch_of_one_node_sees_its_pods_alone(api: Connection, server: ServerProcess) -> None:
    watcher = await server.connect()
    events = await watcher.watch("/api/v1/pods?watch=1&fieldSelector=spec.nodeName=node2")
    await api.create(IN_DEFAULT, a_pod("here"))
    await api.create(IN_DEFAULT, a_pod("there", nodeName="node2"))
    await api.request("DELETE", f"{IN_DEFAULT}/here", {"gracePeriodSeconds": 0})
    await api.request("DELETE", f"{IN_DEFAULT}/there", {"gracePeriodSeconds": 0})
    assert seen(await read(events, 2)) == [("ADDED", "there"), ("DELETED", "there")]


async def test_initial_events_end_with_their_bookmark(api: Connection) -> None:
    query = "watch=1&sendInitialEvents=true&allowWatchBookmarks=true"
    events = await read(await api.watch(f"/api/v1/namespaces?{query}&resourceVersionMatch=NotOlderThan"), 5)
    assert [event["type"] for event in events] == ["ADDED"] * 4 + ["BOOKMARK"]
    assert events[4]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


async def test_a_watch_ends_when_its_time_is_up(api: Connection) -> None:
    events = [event async for event in await api.watch("/api/v1/namespaces?watch=1&timeoutSeconds=1")]
    assert len(events) == 4
    assert (await api.request("GET", "/healthz")).body == b"ok"


async def test_a_watcher_that_does_not_read_is_cut_off(api: Connection, server: ServerProcess) -> None:
    watcher = await asyncio.open_unix_connection(str(server.socket), limit=2**16)
    watcher[1].write(b"GET /api/v1/pods?watch=1 HTTP/1.1\r\nHost: x\r\n\r\n")
    await watcher[0].readuntil(b"\r\n\r\n")
    await api.create(IN_DEFAULT, a_pod("a"))
    big = "x" * 250_000
    for number in range(400):
        await api.patch(f"{IN_DEFAULT}/a", {"metadata": {"annotations": {"big": f"{number}{big}"}}})
        if "does not read" in server.log.read_text():
            break
    else:
        pytest.fail("100 MB wait for a watcher that does not read")
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await asyncio.wait_for(watcher[0].readexactly(200_000_000), 60)


# Bad input


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", IN_DEFAULT, b"{", 400),
        ("POST", IN_DEFAULT, b"[]", 400),
        ("POST", IN_DEFAULT, b"\xff\xfe", 400),
        ("POST", IN_DEFAULT, b'{"a":' * 50_000 + b"1" + b"}" * 50_000, 400),
        ("POST", IN_DEFAULT, b'{"metadata":{"labels":' + b'{"a":' * 900 + b"1" + b"}" * 902, 422),
        ("POST", IN_DEFAULT, b'{"metadata":7}', 400),
        ("POST", IN_DEFAULT, b'{"metadata":{"name":["a"]},"spec":{"containers":[]}}', 422),
        ("POST", IN_DEFAULT, b'{"metadata":{"name":"../../etc"},"spec":{"containers":[]}}', 422),
        ("POST", IN_DEFAULT, b'{"kind":"Node","metadata":{"name":"a"}}', 400),
        ("POST", IN_DEFAULT, b'{"metadata":{"name":"a","namespace":"other"}}', 400),
        ("POST", IN_DEFAULT, b'{"metadata":{"name":"a"},"spec":{"containers":[],"priority":1e400}}', 400),
        ("POST", IN_DEFAULT, b'{"metadata":{"name":"a"},"spec":{"containers":[],"priority":1e30}}', 422),
        ("POST", "/api/v1/namespaces/absent/pods", b'{"metadata":{"name":"a"}}', 404),
        ("POST", "/api/v1/pods", b'{"metadata":{"name":"a"}}', 400),
        ("GET", "/api/v1/pods?fieldSelector=spec.colour=red", None, 400),
        ("GET", "/api/v1/pods?labelSelector=((", None, 400),
        ("GET", "/api/v1/pods?colour=red", None, 400),
        ("GET", "/api/v1/pods?continue=abc", None, 400),
        ("GET", "/api/v1/pods?continue=abc.5", None, 410),
        ("GET", "/api/v1/pods?watch=1&continue=abc.5", None, 400),
        ("GET", "/api/v1/pods?limit=-1", None, 400),
        ("GET", "/api/v1/pods?resourceVersion=99999999", None, 504),
        ("GET", "/api/v1/pods?watch=perhaps", None, 400),
        ("GET", "/api/v1/sandwiches", None, 404),
        ("GET", "/api/v1/namespaces/default/pods/a/log", None, 404),
        ("GET", "/apis/kubeovn.io/v2/subnets", None, 404),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd", None, 404),
        ("PATCH", f"{IN_DEFAULT}/a", b"{}", 415),
        ("PATCH", IN_DEFAULT, b"{}", 405),
        ("DELETE", f"{IN_DEFAULT}/a", b'{"gracePeriodSeconds":"soon"}', 400),
        ("DELETE", f"{IN_DEFAULT}/a", b'{"propagationPolicy":"Sideways"}', 400),
        ("DELETE", "/api/v1/pods", b"", 405),
    ],
)
async def test_bad_requests_are_answered_in_kubernetes_words(
    shared: ServerProcess, method: str, path: str, body: bytes | None, code: int
) -> None:
    answer = await (await shared.connect()).request(method, path, body)
    assert (answer.code, answer.document["kind"], answer.document["code"]) == (code, "Status", code)
    assert "Traceback" not in shared.log.read_text()
    assert (await (await shared.connect()).request("GET", "/readyz")).code == 200


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(shared: ServerProcess) -> None:
    api = await shared.connect()
    api.writer.write(
        b"POST " + IN_DEFAULT.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 104857601\r\n\r\n"
    )
    assert (await api.receive()).code == 413
    api = await shared.connect()
    api.writer.write(
        b"POST " + IN_DEFAULT.encode() + b" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    api.writer.write((b"100000\r\n" + b" " * 2**20 + b"\r\n") * 5)
    assert (await api.receive()).code == 413


async def test_what_is_no_http_hurts_nobody(shared: ServerProcess) -> None:
    reader, writer = await asyncio.open_unix_connection(str(shared.socket))
    writer.write(b"\x16\x03\x01 not http\r\n\r\n")
    answer = await reader.read(100_000)
    assert b"400" in answer.partition(b"\r\n")[0]
    assert b"Traceback" not in answer
    assert (await (await shared.connect()).request("GET", "/livez")).code == 200


async def test_admission_refuses_with_its_own_causes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one_address_once.py").write_text(
        "from dataclasses import dataclass\n"
        "@dataclass\n"
        "class Cause:\n"
        "    field: str\n    reason: str\n    message: str\n"
        "def review(operation, kind, new, old, view):\n"
        "    if kind != 'IP' or operation != 'CREATE':\n        return ()\n"
        "    address = new['spec']['v4IpAddress']\n"
        "    if address == 'crash':\n        raise KeyError('secret')\n"
        "    owners = view.index('IP', 'spec.v4IpAddress').get(address, ())\n"
        "    return tuple(Cause('spec.v4IpAddress', 'FieldValueDuplicate', f'taken by {n}') for n in owners)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    ips = "/apis/kubeovn.io/v1/ips"
    with running(tmp_path, "--admission", "one_address_once") as server:
        api = await server.connect()
        first = {"metadata": {"name": "a.default"}, "spec": {"v4IpAddress": "10.16.0.2"}}
        second = first | {"metadata": {"name": "b.default"}}
        assert (await api.create(ips, first)).code == 201
        refused = await api.create(ips, second)
        assert refused.code == 422
        assert refused.document["details"]["causes"] == [
            {"field": "spec.v4IpAddress", "reason": "FieldValueDuplicate", "message": "taken by a.default"}
        ]
        await api.request("DELETE", f"{ips}/a.default")
        assert (await api.create(ips, second)).code == 201
        crashed = await api.create(ips, {"metadata": {"name": "c.default"}, "spec": {"v4IpAddress": "crash"}})
        assert crashed.code == 500
        assert b"secret" not in crashed.body


# People


async def test_people_reach_it_over_https_with_the_token_and_nobody_else(tmp_path: Path) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    directory = tmp_path / "api"
    arguments = ("--https-fd", str(listener.fileno()), "--credentials-directory", str(directory))
    with listener, running(tmp_path, *arguments, descriptors=(listener.fileno(),)) as server:
        port = listener.getsockname()[1]
        url = f"https://127.0.0.1:{port}/api/v1/namespaces"
        trust = ssl.create_default_context(cafile=directory / "ca.crt")
        token = (directory / "token").read_text()
        async with aiohttp.ClientSession() as session:
            for header, code in (
                ({}, 401),
                ({"Authorization": "Bearer wrong"}, 401),
                ({"Authorization": f"Bearer {token}"}, 200),
            ):
                async with session.get(url, headers=header, ssl=trust) as answer:
                    assert answer.status == code
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await session.get(url)
        for name in ("kubeconfig", "local.kubeconfig"):
            path = directory / name
            assert path.stat().st_mode & 0o077 == 0
            async with Client(Access.load(path)) as client:
                written = await client.create(PODS, a_pod(name.replace(".", "-")), namespace="default")
                assert written.accepted_ns
                assert written.object.metadata.name in {pod.name for pod in (await client.list(PODS)).items}
        assert server.end() == 0
