from django.core.checks import run_checks
from pytest_django import Settings


def test_it_names_each_bad_entry_of_the_allow_list(settings: Settings) -> None:
    settings.EGRESS_ALLOW_NETWORKS = ["10.0.0.0/8", "nonsense", "10.0.0.1/8"]
    found = [message for message in run_checks() if message.id == "integrations.E001"]
    assert [message.msg.split("`")[1] for message in found] == ["nonsense", "10.0.0.1/8"]
    assert found[0].hint is not None
    assert "[tenant@]CIDR[:port]" in found[0].hint


def test_it_finds_nothing_wrong_with_the_defaults() -> None:
    assert [message for message in run_checks() if (message.id or "").startswith("integrations.")] == []
