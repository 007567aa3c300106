"""What a container finds in its environment, held against Kubernetes' documentation of the pod's fields."""

from __future__ import annotations

import pytest

from controller.api.meta import ObjectMeta
from testbed.kubelet.environment import command_line, expanded, hostname, variables
from testbed.kubelet.podspec import Container, EnvSource, EnvVar, FieldRef, Pod, PodSpec

POD = Pod(
    metadata=ObjectMeta(
        name="web-0",
        namespace="shop",
        uid="uid-1",
        labels={"app": "web"},
        annotations={"a.b/c": "noted"},
    ),
    spec=PodSpec(node_name="node1"),
)


def found(*env: EnvVar, pod: Pod = POD) -> dict[str, str]:
    container = Container(name="c", image="i", env=env)
    return variables(pod, container, "10.0.0.5,fd00::5", "172.30.0.11")


def of_field(path: str) -> EnvVar:
    return EnvVar(name="X", value_from=EnvSource(field_ref=FieldRef(field_path=path)))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$(GREETING) world", "hello world"),
        ("$$(GREETING)", "$(GREETING)"),
        ("$$$(GREETING)", "$hello"),
        ("$(UNKNOWN)", "$(UNKNOWN)"),
        ("$GREETING ${GREETING} $(not this) $", "$GREETING ${GREETING} $(not this) $"),
        ("", ""),
    ],
)
def test_references_are_replaced_and_all_else_stays(text: str, value: str) -> None:
    assert expanded(text, {"GREETING": "hello"}) == value


def test_a_variable_may_use_those_before_it_and_not_those_after_it() -> None:
    env = found(
        EnvVar(name="EARLY", value="$(LATE)"),
        EnvVar(name="LATE", value="x"),
        EnvVar(name="LAST", value="$(LATE)$(LATE)"),
    )
    assert (env["EARLY"], env["LAST"]) == ("$(LATE)", "xx")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.name", "web-0"),
        ("metadata.namespace", "shop"),
        ("metadata.uid", "uid-1"),
        ("metadata.labels['app']", "web"),
        ("metadata.labels['absent']", ""),
        ("metadata.annotations['a.b/c']", "noted"),
        ("spec.nodeName", "node1"),
        ("spec.serviceAccountName", "default"),
        ("status.podIP", "10.0.0.5"),
        ("status.podIPs", "10.0.0.5,fd00::5"),
        ("status.hostIP", "172.30.0.11"),
        ("no.such.field", ""),
    ],
)
def test_a_field_of_the_pod_becomes_a_variable(path: str, value: str) -> None:
    assert found(of_field(path))["X"] == value


def test_what_no_environment_can_hold_is_left_out() -> None:
    env = found(EnvVar(name="", value="x"), EnvVar(name="A=B", value="x"), EnvVar(name="NUL", value="a\0b"))
    assert env == {"HOSTNAME": "web-0", "NUL": "ab"}


def test_command_and_arguments_are_expanded_word_by_word() -> None:
    container = Container(name="c", image="i", command=("echo", "$(A)"), args=("$(A) $(B)",))
    assert command_line(container, {"A": "one two"}) == ("echo", "one two", "one two $(B)")
    assert command_line(Container(name="c", image="i"), {}) == ()


def test_a_host_name_is_the_pods_or_its_own_within_63_characters() -> None:
    assert hostname(Pod(metadata=ObjectMeta(name="p" * 80))) == "p" * 63
    assert hostname(Pod(metadata=ObjectMeta(name="p"), spec=PodSpec(hostname="own"))) == "own"
