from controller.api.kinds import KINDS
from docs.reference import cluster, commands, metrics, objects
from testbed.cli import blueprint
from testbed.experiment import registry
from testbed.results.names import UNITS


def test_every_command_has_its_section_with_every_option() -> None:
    page = commands.page()
    names = [name for name, _ in commands.commands()]
    assert {"testbed run", "testbed export", "testbed releases add"} <= set(names)
    for name in names:
        assert f"\n## {name}\n" in page
    assert "`--max-time TIME`" in page
    assert "sudo testbed run incremental --profile nightly --release suite:sid" in page


def test_every_kind_has_its_section_and_its_fields_their_wire_names() -> None:
    page = objects.page()
    for kind in KINDS:
        assert f"\n## {kind.name}\n" in page
    assert "| `spec.cidrBlock` | string |" in page
    assert "`ovn.kubernetes.io/allocated`" in page


def test_every_scenario_has_its_params_and_bounds() -> None:
    page = metrics.page()
    for scenario in registry.load().scenarios.values():
        assert f"## Scenario {scenario.name()}" in page
        for expectation in scenario.expectations:
            assert f"`{expectation}`" in page
    for suffix in UNITS:
        assert f"`_{suffix}`" in page


def test_every_field_of_a_cluster_file_says_what_it_may_be_and_what_for() -> None:
    page = cluster.page()
    for name, field in blueprint.FIELDS.items():
        assert f"| `{name}` | {field.allowed} | {field.meaning} |" in page


def test_tables_are_whole_whatever_stands_in_a_cell() -> None:
    for page in (cluster.page(), commands.page(), objects.page(), metrics.page()):
        columns = 0
        for line in page.splitlines():
            if not line.startswith("|"):
                columns = 0
                continue
            found = line.replace("\\|", "").count("|")
            assert columns in (0, found), line
            columns = found
