"""What Kubernetes fills in and what it refuses, kind by kind, as its documentation says."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest

from testbed.apiserver.rules.job import is_schedule
from testbed.apiserver.status import ApiError
from testbed.apiserver.store import Store
from testbed.apiserver.writing import Writer

LABELS = {"app": "web"}


def a_template(**spec: Any) -> dict[str, Any]:
    containers = [{"name": "web", "image": "nginx:1.25"}]
    return {"metadata": {"labels": dict(LABELS)}, "spec": {"containers": containers} | spec}


def a_workload(**spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": dict(LABELS)}, "template": a_template()} | spec,
    }


def a_service(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "web"}, "spec": {"selector": LABELS, "ports": [{"port": 80}]} | spec}


class Api:
    """Writes objects to the namespace ``default``."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self.store = store
        self.writer = writer

    def create(self, kind: str, document: dict[str, Any]) -> Any:
        return orjson.loads(self.writer.create(self.store.registry.named(kind), "default", document).body)

    def patch(self, kind: str, name: str, patch: dict[str, Any]) -> Any:
        return orjson.loads(
            self.writer.patch(self.store.registry.named(kind), "default", name, patch, "").body
        )

    def refusal(self, kind: str, document: dict[str, Any]) -> set[str]:
        with pytest.raises(ApiError) as refused:
            self.create(kind, document)
        return {cause.field for cause in refused.value.causes}

    def refused_patch(self, kind: str, name: str, patch: dict[str, Any]) -> set[str]:
        with pytest.raises(ApiError) as refused:
            self.patch(kind, name, patch)
        return {cause.field for cause in refused.value.causes}


@pytest.fixture
async def api(store: Store, writer: Writer) -> Api:
    return Api(store, writer)


# What is filled in


async def test_a_deployment_is_one_replica_updated_a_quarter_at_a_time(api: Api) -> None:
    spec = api.create("Deployment", a_workload())["spec"]
    assert spec["replicas"] == 1
    assert spec["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
    }
    assert (spec["revisionHistoryLimit"], spec["progressDeadlineSeconds"]) == (10, 600)


async def test_a_deployment_that_is_recreated_has_no_rolling_parameters(api: Api) -> None:
    created = api.create("Deployment", a_workload(strategy={"type": "Recreate"}))
    assert created["spec"]["strategy"] == {"type": "Recreate"}


async def test_a_stateful_set_is_made_in_order(api: Api) -> None:
    spec = api.create("StatefulSet", a_workload(serviceName="web"))["spec"]
    assert spec["podManagementPolicy"] == "OrderedReady"
    assert spec["updateStrategy"] == {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}


async def test_a_job_knows_its_pods_by_its_own_uid(api: Api) -> None:
    job = api.create(
        "Job", {"metadata": {"name": "sum"}, "spec": {"template": a_template(restartPolicy="Never")}}
    )
    own = {"batch.kubernetes.io/controller-uid": job["metadata"]["uid"]}
    assert job["spec"]["selector"] == {"matchLabels": own}
    assert job["spec"]["template"]["metadata"]["labels"].items() >= own.items()
    assert (job["spec"]["completions"], job["spec"]["parallelism"], job["spec"]["backoffLimit"]) == (1, 1, 6)


async def test_a_job_with_a_limit_an_index_has_no_other(api: Api) -> None:
    spec = {"template": a_template(restartPolicy="Never"), "backoffLimitPerIndex": 1}
    indexed = {"completions": 2, "completionMode": "Indexed"}
    made = api.create("Job", {"metadata": {"name": "sum"}, "spec": spec | indexed})
    assert made["spec"]["backoffLimit"] == 2**31 - 1


def a_cron_job(**spec: Any) -> dict[str, Any]:
    template = {"spec": {"template": a_template(restartPolicy="Never")}}
    return {"metadata": {"name": "tick"}, "spec": {"schedule": "@hourly", "jobTemplate": template} | spec}


async def test_a_cron_job_leaves_to_its_jobs_what_they_fill_in(api: Api) -> None:
    spec = api.create("CronJob", a_cron_job())["spec"]
    assert (spec["concurrencyPolicy"], spec["successfulJobsHistoryLimit"]) == ("Allow", 3)
    assert set(spec["jobTemplate"]["spec"]) == {"template"}


async def test_a_time_zone_is_one_that_there_is(api: Api) -> None:
    """https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#time-zones"""
    assert api.create("CronJob", a_cron_job(timeZone="Europe/Berlin"))["spec"]["timeZone"] == "Europe/Berlin"
    for zone in ("Mars/Olympus", "../etc/passwd", ""):
        assert api.refusal("CronJob", a_cron_job(timeZone=zone)) == {"spec.timeZone"}


async def test_templates_and_pods_say_what_kubelets_rely_on(api: Api) -> None:
    probe = {"httpGet": {"port": 80}}
    ports = [{"containerPort": 80}]
    containers = [{"name": "a", "image": "nginx", "readinessProbe": probe, "ports": ports}]
    pod = api.create("Pod", {"metadata": {"name": "a"}, "spec": {"containers": containers}})
    (container,) = pod["spec"]["containers"]
    assert container["imagePullPolicy"] == "Always"
    assert container["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    assert container["readinessProbe"] == {
        "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }


async def test_readable_text_of_a_secret_is_kept_as_base64(api: Api) -> None:
    secret = api.create("Secret", {"metadata": {"name": "s"}, "stringData": {"password": "open"}})
    assert "stringData" not in secret
    assert base64.b64decode(secret["data"]["password"]) == b"open"
    assert secret["type"] == "Opaque"


@pytest.mark.parametrize(
    ("rules", "types"),
    [({}, ["Ingress"]), ({"ingress": []}, ["Ingress"]), ({"egress": [{}]}, ["Ingress", "Egress"])],
)
async def test_a_policy_means_ingress_and_egress_only_with_rules(
    api: Api, rules: dict[str, Any], types: list[str]
) -> None:
    policy = api.create("NetworkPolicy", {"metadata": {"name": "p"}, "spec": {"podSelector": {}} | rules})
    assert policy["spec"]["policyTypes"] == types


# What is refused


@pytest.mark.parametrize(
    ("kind", "spec", "field"),
    [
        ("Deployment", {"selector": {}}, "spec.selector"),
        ("Deployment", {"selector": {"matchLabels": {"app": "x"}}}, "spec.template.metadata.labels"),
        ("Deployment", {"replicas": -1}, "spec.replicas"),
        ("Deployment", {"strategy": {"type": "Rolling"}}, "spec.strategy.type"),
        (
            "Deployment",
            {"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}},
            "spec.strategy.rollingUpdate.maxUnavailable",
        ),
        (
            "Deployment",
            {"strategy": {"rollingUpdate": {"maxSurge": "a bit"}}},
            "spec.strategy.rollingUpdate.maxSurge",
        ),
        (
            "Deployment",
            {"strategy": {"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}},
            "spec.strategy.rollingUpdate",
        ),
        ("ReplicaSet", {"template": a_template(restartPolicy="Never")}, "spec.template.spec.restartPolicy"),
        ("StatefulSet", {"podManagementPolicy": "Any"}, "spec.podManagementPolicy"),
        ("DaemonSet", {"template": a_template(containers=[])}, "spec.template.spec.containers"),
        ("Job", {"selector": None}, "spec.template.spec.restartPolicy"),
    ],
)
async def test_a_workload_that_cannot_work_is_refused(
    api: Api, kind: str, spec: dict[str, Any], field: str
) -> None:
    assert field in api.refusal(kind, a_workload(**spec))


async def test_selectors_stay_and_so_does_most_of_a_stateful_set(api: Api) -> None:
    api.create("Deployment", a_workload())
    other = {"matchLabels": {"app": "web", "tier": "front"}}
    assert "spec.selector" in api.refused_patch("Deployment", "web", {"spec": {"selector": other}})
    api.create("StatefulSet", a_workload(serviceName="web"))
    api.patch("StatefulSet", "web", {"spec": {"replicas": 3}})
    assert api.refused_patch("StatefulSet", "web", {"spec": {"serviceName": "other"}}) == {"spec"}


@pytest.mark.parametrize(
    "text", ["*/5 * * * *", "0 9-17 * * mon-fri", "30 4 1,15 * 5", "@hourly", "0 0 1 jan *"]
)
def test_schedules_that_cron_understands(text: str) -> None:
    assert is_schedule(text)


@pytest.mark.parametrize("text", ["", "* * * *", "60 * * * *", "*/0 * * * *", "* * * * noday", "5-1 * * * *"])
def test_schedules_that_it_does_not(text: str) -> None:
    assert not is_schedule(text)


async def test_a_value_that_is_no_base64_and_a_key_that_is_no_file_name_are_refused(api: Api) -> None:
    assert api.refusal("Secret", {"metadata": {"name": "s"}, "data": {"a": "?"}}) == {"data[a]"}
    assert api.refusal("ConfigMap", {"metadata": {"name": "c"}, "data": {"a/b": ""}}) == {"data[a/b]"}


async def test_what_is_immutable_stays(api: Api) -> None:
    api.create("ConfigMap", {"metadata": {"name": "c"}, "data": {"a": "1"}, "immutable": True})
    assert api.refused_patch("ConfigMap", "c", {"data": {"a": "2"}}) == {"data"}


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"from": [{"ipBlock": {"cidr": "10.0.0.0"}}]}, "spec.ingress[0].from[0].ipBlock.cidr"),
        (
            {"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["192.168.0.0/24"]}}]},
            "spec.ingress[0].from[0].ipBlock.except[0]",
        ),
        ({"from": [{"ipBlock": {"cidr": "::/0"}, "podSelector": {}}]}, "spec.ingress[0].from[0]"),
        ({"from": [{}]}, "spec.ingress[0].from[0]"),
        ({"ports": [{"port": 80, "endPort": 70}]}, "spec.ingress[0].ports[0].endPort"),
        ({"ports": [{"port": 80, "protocol": "ICMP"}]}, "spec.ingress[0].ports[0].protocol"),
    ],
)
async def test_a_policy_that_means_nothing_is_refused(api: Api, rule: dict[str, Any], field: str) -> None:
    policy = {"metadata": {"name": "p"}, "spec": {"podSelector": {}, "ingress": [rule]}}
    assert field in api.refusal("NetworkPolicy", policy)


# Services and their addresses


async def test_a_service_has_an_address_of_its_own_and_keeps_it(api: Api) -> None:
    first = api.create("Service", a_service())
    second = api.create("Service", a_service() | {"metadata": {"name": "other"}})
    assert first["spec"]["clusterIP"] != second["spec"]["clusterIP"]
    assert first["spec"]["clusterIP"].startswith("10.")
    assert first["spec"]["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]
    changed = api.patch("Service", "web", {"spec": {"selector": {"app": "new"}}})
    assert changed["spec"]["clusterIP"] == first["spec"]["clusterIP"]
    assert "spec.clusterIP" in api.refused_patch("Service", "web", {"spec": {"clusterIP": "10.96.0.77"}})


async def test_an_address_is_one_services_alone(api: Api) -> None:
    api.create("Service", a_service(clusterIP="10.96.0.77"))
    other = a_service(clusterIP="10.96.0.77") | {"metadata": {"name": "other"}}
    assert api.refusal("Service", other) == {"spec.clusterIP"}
    assert api.refusal("Service", a_service(clusterIP="192.168.0.1")) == {"spec.clusterIP"}


async def test_a_service_has_one_address_unless_it_asks_for_both_families(api: Api) -> None:
    one = api.create("Service", a_service())["spec"]
    assert (one["ipFamilyPolicy"], one["ipFamilies"], len(one["clusterIPs"])) == ("SingleStack", ["IPv4"], 1)
    grown = api.patch("Service", "web", {"spec": {"ipFamilyPolicy": "PreferDualStack"}})["spec"]
    assert grown["ipFamilies"] == ["IPv4", "IPv6"]
    assert grown["clusterIPs"][0] == one["clusterIP"]
    assert grown["clusterIPs"][1].startswith("fd00:10:96::")
    shrunk = api.patch("Service", "web", {"spec": {"ipFamilyPolicy": "SingleStack"}})["spec"]
    assert (shrunk["clusterIPs"], shrunk["ipFamilies"]) == ([one["clusterIP"]], ["IPv4"])
    other = a_service(clusterIPs=["fd00:10:96::7", "10.96.0.7"]) | {"metadata": {"name": "other"}}
    both = api.create("Service", other)["spec"]
    assert (both["clusterIP"], both["ipFamilyPolicy"]) == ("fd00:10:96::7", "RequireDualStack")
    six = a_service(ipFamilies=["IPv6"]) | {"metadata": {"name": "six"}}
    assert api.create("Service", six)["spec"]["clusterIP"].startswith("fd00:10:96::")


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"clusterIP": "fd00:10:96::7", "ipFamilies": ["IPv4"]}, "spec.clusterIP"),
        ({"ipFamilies": ["IPv4", "IPv4"]}, "spec.ipFamilies[1]"),
        ({"ipFamilies": ["IPv5"]}, "spec.ipFamilies[0]"),
        ({"ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": "SingleStack"}, "spec.ipFamilyPolicy"),
        ({"clusterIPs": ["10.96.0.7", "fd00::7"]}, "spec.clusterIPs[1]"),
        ({"clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.8"]}, "spec.clusterIPs[0]"),
        ({"clusterIP": "10.96.0.999"}, "spec.clusterIP"),
    ],
)
async def test_families_that_do_not_fit_the_addresses_are_refused(
    api: Api, spec: dict[str, Any], field: str
) -> None:
    assert api.refusal("Service", a_service(**spec)) == {field}


async def test_a_headless_service_has_none(api: Api) -> None:
    assert api.create("Service", a_service(clusterIP="None"))["spec"]["clusterIPs"] == ["None"]


async def test_node_ports_are_told_apart_and_given_back(api: Api) -> None:
    port = api.create("Service", a_service(type="NodePort"))["spec"]["ports"][0]["nodePort"]
    assert 30_000 <= port <= 32_767
    asked = a_service(type="NodePort", ports=[{"port": 80, "nodePort": port}]) | {"metadata": {"name": "b"}}
    assert api.refusal("Service", asked) == {"spec.ports[0].nodePort"}
    kind = api.store.registry.named("Service")
    api.writer.finish(kind, api.writer.existing(kind, "default", "web"))
    assert api.create("Service", asked)["spec"]["ports"][0]["nodePort"] == port


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"type": "Any"}, "spec.type"),
        ({"ports": []}, "spec.ports"),
        ({"ports": [{"port": 0}]}, "spec.ports[0].port"),
        ({"ports": [{"port": 80}, {"port": 81}]}, "spec.ports[0].name"),
        ({"ports": [{"port": 80, "targetPort": "not a name"}]}, "spec.ports[0].targetPort"),
        ({"ports": [{"port": 80, "targetPort": "80-8080"}]}, "spec.ports[0].targetPort"),
        ({"ports": [{"port": 80, "targetPort": "longer-than-fifteen"}]}, "spec.ports[0].targetPort"),
        ({"ports": [{"port": 80, "name": "-80"}]}, "spec.ports[0].name"),
        ({"ports": [{"port": 80, "name": "Web"}]}, "spec.ports[0].name"),
        ({"ports": [{"port": 80, "name": "a" * 64}]}, "spec.ports[0].name"),
        ({"type": "ExternalName"}, "spec.externalName"),
        ({"ports": [{"port": 80, "nodePort": 30_080}]}, "spec.ports[0].nodePort"),
    ],
)
async def test_a_service_that_cannot_serve_is_refused(api: Api, spec: dict[str, Any], field: str) -> None:
    assert field in api.refusal("Service", a_service(**spec))


@pytest.mark.parametrize("name", ["80-8080", "80", "web--1", "a" * 63])
async def test_the_name_of_a_services_port_is_a_label_and_needs_no_letter(api: Api, name: str) -> None:
    made = api.create("Service", a_service(ports=[{"port": 80, "name": name}]))
    assert made["spec"]["ports"][0]["name"] == name


async def test_a_slice_has_addresses_of_its_type(api: Api) -> None:
    endpoints = [{"addresses": ["fd00::1"]}]
    document = {"metadata": {"name": "s"}, "addressType": "IPv4", "endpoints": endpoints}
    assert api.refusal("EndpointSlice", document) == {"endpoints[0].addresses[0]"}
