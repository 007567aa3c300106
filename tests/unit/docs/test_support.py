"""Nothing is called supported without a test that proves it, and no test proves what does not exist."""

from docs.reference import support
from docs.reference.proofs import proofs


def test_whatever_is_said_to_be_supported_has_a_test_that_proves_it() -> None:
    assert [subject for subject in support.supported() if subject not in proofs()] == []


def test_what_tests_prove_is_said_to_be_supported() -> None:
    assert sorted(proofs().keys() - set(support.supported())) == []


def test_every_field_has_its_line_whether_it_is_supported_or_not() -> None:
    page = support.page()
    assert "| `spec.private` | yes | 0.1.0 | `system/test_subnets.py::" in page
    assert "| `spec.provider` | only `(nothing)`, `ovn` | 0.1.0 |" in page
    assert "| `spec.u2oInterconnection` | no |  |  |" in page
    assert "| `ovn.kubernetes.io/ip_pool` | yes |" in page
