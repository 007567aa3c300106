"""Services: which rows they are, whom they lead to, and which switches lead to them."""

from __future__ import annotations

from typing import Any

import pytest

from controller import ovsdb
from controller.api.annotations import VPC
from controller.api.kinds import ENDPOINT_SLICES, IPS, SERVICES, SUBNETS, VPCS
from controller.api.kubeovn import Vpc
from controller.api.networking import (
    SERVICE_NAME,
    ClientIPConfig,
    Endpoint,
    EndpointConditions,
    EndpointPort,
    EndpointSlice,
    EndpointTarget,
    Service,
    ServicePort,
    ServiceSpec,
    SessionAffinityConfig,
)
from controller.engine.engine import Engine
from controller.engine.settings import Settings
from controller.engine.view import View
from controller.northbound.delta import Insert, Join, Leave, Remove
from controller.northbound.replica import Replica
from controller.northbound.rows import OWNER, VENDOR, VENDOR_NAME, Row, RowKey
from controller.reconcilers import RECONCILERS, service, subnet
from tests.unit.reconcilers.objects import a_subnet, an_ip, meta
from tests.unit.reconcilers.objects import rows as rows_of

HTTP = ServicePort(name="http", port=80)
HTTP_OF_PODS = EndpointPort(name="http", port=8080)
TCP = RowKey("Load_Balancer", "service/default/web/tcp")
UDP = RowKey("Load_Balancer", "service/default/web/udp")


def a_service(*ports: ServicePort, vpc: str = "", **spec: Any) -> Service:
    metadata = meta("web", namespace="default", annotations={VPC: vpc} if vpc else {})
    asked: dict[str, Any] = {"cluster_ip": "10.96.0.7", "ports": ports or (HTTP,)}
    return Service(metadata=metadata, spec=ServiceSpec(**(asked | spec)))


def an_endpoint(address: str, pod: str = "", **conditions: bool) -> Endpoint:
    target = EndpointTarget(kind="Pod", namespace="default", name=pod) if pod else None
    return Endpoint(addresses=(address,), conditions=EndpointConditions(**conditions), target_ref=target)


def a_slice(
    *endpoints: Endpoint,
    name: str = "web-1",
    family: str = "IPv4",
    ports: tuple[EndpointPort, ...] = (HTTP_OF_PODS,),
) -> EndpointSlice:
    metadata = meta(name, namespace="default", labels={SERVICE_NAME: "web"})
    return EndpointSlice(metadata=metadata, address_type=family, endpoints=endpoints, ports=ports)


def seeing(*slices: EndpointSlice, **settings: Any) -> View:
    view = View(Settings(**settings))
    for entry in slices:
        view.put(ENDPOINT_SLICES, entry)
    return view


def rows(current: Service, view: View) -> dict[RowKey, dict[str, Any]]:
    return {row.key: row.columns for row in service.balancers(current, view).rows}


def vips(current: Service, *slices: EndpointSlice) -> Any:
    return rows(current, seeing(*slices))[TCP]["vips"]


def test_a_service_is_one_row_a_protocol_which_leads_to_the_ready_endpoints_of_all_its_slices() -> None:
    dns = ServicePort(name="dns", port=53, protocol="UDP")
    view = seeing(
        a_slice(an_endpoint("10.16.0.3"), an_endpoint("10.16.0.2")),
        a_slice(an_endpoint("10.16.0.4", ready=False, serving=False), name="web-2"),
        a_slice(
            an_endpoint("10.16.0.5"),
            name="web-3",
            ports=(EndpointPort(name="dns", port=5353, protocol="UDP"),),
        ),
    )
    found = rows(a_service(HTTP, dns), view)
    assert found[TCP]["vips"] == {"10.96.0.7:80": "10.16.0.2:8080,10.16.0.3:8080"}
    assert found[UDP]["vips"] == {"10.96.0.7:53": "10.16.0.5:5353"}
    assert (found[TCP]["protocol"], found[UDP]["protocol"]) == ("tcp", "udp")


def test_a_service_without_endpoints_refuses() -> None:
    columns = rows(a_service(), seeing())[TCP]
    assert columns["vips"] == {"10.96.0.7:80": ""}
    assert columns["options"]["reject"] == "true"


def test_pods_that_end_take_new_connections_only_where_nobody_else_does() -> None:
    ending = an_endpoint("10.16.0.2", ready=False, serving=True, terminating=True)
    assert vips(a_service(), a_slice(ending)) == {"10.96.0.7:80": "10.16.0.2:8080"}
    assert vips(a_service(), a_slice(ending, an_endpoint("10.16.0.3"))) == {"10.96.0.7:80": "10.16.0.3:8080"}
    done = an_endpoint("10.16.0.2", ready=False, serving=False, terminating=True)
    assert vips(a_service(), a_slice(done)) == {"10.96.0.7:80": ""}


@pytest.mark.proves("Service.spec.clusterIPs", "Service.spec.ipFamilies", "Service.spec.ipFamilyPolicy")
def test_each_family_leads_to_endpoints_of_its_own() -> None:
    both = a_service(cluster_ips=("10.96.0.7", "fd00:10:96::7"))
    found = vips(
        both, a_slice(an_endpoint("10.16.0.2")), a_slice(an_endpoint("fd00::2"), name="w6", family="IPv6")
    )
    assert found == {"10.96.0.7:80": "10.16.0.2:8080", "[fd00:10:96::7]:80": "[fd00::2]:8080"}


@pytest.mark.parametrize("spec", [{"cluster_ip": "None"}, {"cluster_ip": "", "type": "ExternalName"}])
def test_a_service_without_an_address_needs_nothing(spec: dict[str, Any]) -> None:
    assert rows(a_service(**spec), seeing(a_slice(an_endpoint("10.16.0.2")))) == {}


@pytest.mark.proves("Service.spec.sessionAffinityConfig")
def test_clients_keep_their_pod_for_a_time_or_by_their_address() -> None:
    config = SessionAffinityConfig(client_ip=ClientIPConfig(timeout_seconds=600))
    sticky = a_service(session_affinity="ClientIP", session_affinity_config=config)
    columns = rows(sticky, seeing())[TCP]
    assert (columns["options"]["affinity_timeout"], columns["selection_fields"]) == ("600", frozenset())
    columns = rows(sticky, seeing(affinity_times_out=False))[TCP]
    assert "affinity_timeout" not in columns["options"]
    assert columns["selection_fields"] == frozenset(("ip_src",))


def test_a_service_is_for_the_vpc_of_its_pods_and_stays_there_while_it_has_none() -> None:
    view = seeing(a_slice(an_endpoint("10.1.0.2", pod="web-a")))
    view.put(SUBNETS, a_subnet("s", vpc="blue"))
    view.put(VPCS, Vpc(metadata=meta("blue")))
    view.put(IPS, an_ip("web-a.default", "10.1.0.2", "s"))
    fragment = service.balancers(a_service(), view)
    assert [member.place.name for member in fragment.members] == [service.group("blue").name]
    assert fragment.annotations == {VPC: "blue"}
    view.drop(ENDPOINT_SLICES, "default/web-1")
    fragment = service.balancers(a_service(vpc="blue"), view)
    assert [member.place.name for member in fragment.members] == [service.group("blue").name]
    assert service.balancers(a_service(), seeing()).annotations == {VPC: "ovn-cluster"}


def test_a_service_for_a_vpc_that_is_not_there_is_told_so() -> None:
    fragment = service.balancers(a_service(vpc="blue"), seeing())
    assert fragment.rows == ()
    assert [notice.reason for notice in fragment.notices] == ["NoVpc"]


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        ({"type": "NodePort", "external_traffic_policy": "Local"}, "spec.externalTrafficPolicy, spec.type"),
        ({"internal_traffic_policy": "Local"}, "spec.internalTrafficPolicy"),
        ({"external_ips": ("192.0.2.1",)}, "spec.externalIPs"),
    ],
)
@pytest.mark.proves("Service.spec.internalTrafficPolicy")
def test_a_service_is_told_what_is_not_carried_and_has_the_rest(spec: dict[str, Any], fields: str) -> None:
    fragment = service.balancers(a_service(**spec), seeing())
    (notice,) = fragment.notices
    assert notice.type == "Warning"
    assert notice.message.endswith(f": {fields}")
    assert [row.key for row in fragment.rows] == [TCP]


@pytest.mark.parametrize(
    ("name", "said", "groups"),
    [
        ("s", None, [service.group("ovn-cluster")]),
        ("s", True, [service.group("ovn-cluster")]),
        ("s", False, []),
        ("join", None, []),
        ("join", True, [service.group("ovn-cluster")]),
    ],
)
def test_a_switch_refers_to_the_services_of_its_vpc_unless_its_subnet_says_otherwise(
    name: str, said: bool | None, groups: list[RowKey]
) -> None:
    (row,) = rows_of(subnet.switch(a_subnet(name, enable_lb=said), View()), "Logical_Switch")
    assert row.columns["load_balancer_group"] == frozenset(groups)


class Columns(ovsdb.Row):
    """A monitored row in a test's hands."""

    def __init__(self, **columns: Any) -> None:
        super().__init__({}, b"{}", columns)


def holding(*found: tuple[str, str, dict[str, Any]]) -> Replica:
    replica = Replica()
    changes = [
        ovsdb.Change(table, ovsdb.UUID(uuid), None, Columns(**columns)) for table, uuid, columns in found
    ]
    replica._apply(ovsdb.Batch(0, changes))
    return replica


GROUP = service.group("ovn-cluster")
HELD_GROUP = (
    "Load_Balancer_Group",
    "g",
    {"name": GROUP.name, "load_balancer": frozenset((ovsdb.UUID("b"),))},
)
HELD_BALANCER = (
    "Load_Balancer",
    "b",
    {
        "name": TCP.name,
        "external_ids": {VENDOR: VENDOR_NAME, OWNER: "service/default/web"},
        "protocol": "tcp",
        "vips": {"10.96.0.7:80": ""},
        "options": {"reject": "true"},
        "selection_fields": frozenset(),
    },
)


def test_the_group_of_a_vpc_is_known_as_ours_by_its_name_alone() -> None:
    view = View()
    replica = holding(HELD_GROUP)
    engine = Engine(view, replica, (service.of_vpc,))
    assert engine.everyone() == ["services-of-vpc/ovn-cluster"]
    (delta,) = engine.plan(engine.everyone(), "").deltas
    assert delta.changes == (Remove(GROUP, ovsdb.UUID("g"), None),)
    assert (
        list(holding(("Load_Balancer_Group", "x", {"name": "theirs", "load_balancer": frozenset()})).owners())
        == []
    )


def test_a_new_service_is_a_row_that_joins_the_group() -> None:
    view = View()
    engine = Engine(
        view,
        holding(("Load_Balancer_Group", "g", {**HELD_GROUP[2], "load_balancer": frozenset()})),
        RECONCILERS,
    )
    view.put(SERVICES, a_service())
    changes = next(delta.changes for delta in engine.plan(engine.take(10), "").deltas)
    assert [type(change) for change in changes] == [Insert, Join]


def test_a_service_that_is_gone_leaves_the_group_with_its_row_and_never_before_it() -> None:
    view = View()
    engine = Engine(view, holding(HELD_GROUP, HELD_BALANCER), (service.balancers,))
    view.put(SERVICES, a_service())
    assert engine.plan(engine.take(10), "").deltas == []
    view.drop(SERVICES, "default/web")
    (delta,) = engine.plan(engine.take(10), "").deltas
    assert {type(change) for change in delta.changes} == {Remove, Leave}


def test_a_slice_that_changes_is_one_row_changed_in_place() -> None:
    view = View()
    engine = Engine(view, holding(HELD_GROUP, HELD_BALANCER), (service.balancers,))
    view.put(SERVICES, a_service())
    engine.plan(engine.take(10), "")
    view.put(ENDPOINT_SLICES, a_slice(an_endpoint("10.16.0.2")))
    (delta,) = engine.plan(engine.take(10), "").deltas
    (change,) = delta.changes
    assert change.columns == {"vips": {"10.96.0.7:80": "10.16.0.2:8080"}}  # type: ignore[union-attr]
    view.put(ENDPOINT_SLICES, a_slice(an_endpoint("10.16.0.3")))
    (delta,) = engine.plan(engine.take(10), "").deltas
    (change,) = delta.changes
    assert change.columns == {"vips": {"10.96.0.7:80": "10.16.0.3:8080"}}  # type: ignore[union-attr]


def test_the_group_of_a_vpc_is_a_row_of_its_own() -> None:
    fragment = service.of_vpc(Vpc(metadata=meta("blue")), View())
    assert fragment.rows == (Row(service.group("blue"), {}),)
