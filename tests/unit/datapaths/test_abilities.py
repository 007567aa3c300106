"""What a machine can do follows from the features found, and a 'no' says why and what would help."""

from __future__ import annotations

import pytest

from testbed.datapaths import DATAPATHS, ENCAPSULATIONS, Datapath, Dpdk, Feature, Findings, Kernel, Userspace
from testbed.datapaths.features import TRIALS


def a_machine(*missing: str, unknown: tuple[str, ...] = ()) -> Findings:
    return {
        trial.name: Feature(
            trial.name,
            None if trial.name in unknown else trial.name not in missing,
            trial.purpose,
            "it said no" if trial.name in missing else "",
            trial.remedy,
        )
        for trial in TRIALS
    }


FULL = a_machine()


@pytest.mark.parametrize("datapath", [Userspace(), Kernel(), Dpdk(missing=list)])
@pytest.mark.parametrize("encapsulation", ENCAPSULATIONS)
def test_a_machine_with_everything_can_do_everything(datapath: Datapath, encapsulation: str) -> None:
    assert datapath.ability(FULL).able
    assert datapath.encapsulation(encapsulation, FULL).able


def test_the_userspace_datapath_needs_no_module_of_the_kernel() -> None:
    bare = a_machine("openvswitch", "geneve", "vlan", "dummy", "netem", "huge-pages")
    assert all(Userspace().encapsulation(encapsulation, bare).able for encapsulation in ENCAPSULATIONS)


@pytest.mark.parametrize("feature", ["namespaces", "veth", "bridge", "tap"])
def test_the_userspace_datapath_needs_devices(feature: str) -> None:
    ability = Userspace().ability(a_machine(feature))
    assert not ability.able
    assert ability.why == f"{feature} missing: it said no"
    assert ability.remedy


def test_without_openvswitch_there_is_no_kernel_datapath() -> None:
    lacking = a_machine("openvswitch")
    assert not Kernel().ability(lacking).able
    assert not any(Kernel().encapsulation(encapsulation, lacking).able for encapsulation in ENCAPSULATIONS)
    assert "modprobe openvswitch" in Kernel().ability(lacking).remedy


def test_geneve_of_the_kernel_datapath_is_the_kernels_own() -> None:
    lacking = a_machine("geneve")
    assert not Kernel().encapsulation("geneve", lacking).able
    assert Kernel().encapsulation("vlan", lacking).able


def test_dpdk_needs_huge_pages_and_its_programs() -> None:
    assert not Dpdk(missing=list).ability(a_machine("huge-pages")).able
    lacking = Dpdk(missing=lambda: ["dpdk-testpmd"]).ability(FULL)
    assert (lacking.able, lacking.why) == (False, "not installed: dpdk-testpmd")
    assert "apt-get install" in lacking.remedy


def test_what_could_not_be_tried_is_not_taken_for_there() -> None:
    ability = Userspace().ability(a_machine(unknown=("veth",)))
    assert not ability.able
    assert ability.why.startswith("veth unknown")


@pytest.mark.parametrize("datapath", [Userspace(), Kernel(), Dpdk(missing=list)])
def test_an_unknown_encapsulation_is_an_error(datapath: Datapath) -> None:
    with pytest.raises(ValueError, match="expected geneve, vlan or none"):
        datapath.encapsulation("gre", FULL)


def test_datapaths_have_one_name_each_and_userspace_is_first() -> None:
    assert [datapath.name for datapath in DATAPATHS] == ["userspace", "kernel", "dpdk"]
