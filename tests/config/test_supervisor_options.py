import socket
import subprocess
import sys
from pathlib import Path

import pytest

from config.supervisor import options
from config.supervisor.environment import child_environment
from config.supervisor.options import BASE_DIR, Options
from config.supervisor.ports import listen
from tests.running import run_up


@pytest.fixture(autouse=True)
def _no_data_dir(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATA_DIR")


def test_it_needs_no_option() -> None:
    expected = Options(data_dir=BASE_DIR / ".data", host="127.0.0.1", port=8000, demo=True, workers=1)
    assert options.parse([]) == expected


def test_it_takes_all_of_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    asked = ["--data-dir", "here", "--host", "::1", "--port", "0", "--no-demo", "--workers", "3"]
    assert options.parse(asked) == Options(data_dir=tmp_path / "here", host="::1", port=0, demo=False, workers=3)


def test_it_takes_the_data_folder_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", "/srv/qm")
    assert options.parse([]).data_dir == Path("/srv/qm")


@pytest.mark.parametrize("asked", [["--port", "65536"], ["--port", "http"], ["--workers", "0"], ["--workers", "99"]])
def test_it_refuses_what_makes_no_sense(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options.parse(asked)
    assert asked[1] in capsys.readouterr().err


def test_the_children_learn_where_the_data_is() -> None:
    found = child_environment(options.parse(["--data-dir", "/srv/qm"]), {"PATH": "/bin"}, None)
    assert found == {
        "PATH": "/bin",
        "DATA_DIR": "/srv/qm",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONUNBUFFERED": "1",
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
    }


def test_egress_lets_the_demo_tenant_reach_the_demo_upstream_and_nothing_else() -> None:
    with listen("127.0.0.1", 0) as demo:
        port = demo.getsockname()[1]
        found = child_environment(options.parse([]), {}, demo)
        assert found["EGRESS_ALLOW_NETWORKS"] == f"demo@127.0.0.1/32:{port}"
        assert found["DEMO_UPSTREAM_URL"] == f"http://127.0.0.1:{port}"


def test_the_demo_is_added_to_what_the_operator_allows() -> None:
    with socket.create_server(("127.0.0.1", 0)) as demo:
        found = child_environment(options.parse([]), {"EGRESS_ALLOW_NETWORKS": "10.0.0.0/8"}, demo)
    assert found["EGRESS_ALLOW_NETWORKS"].startswith("10.0.0.0/8,demo@127.0.0.1/32:")


@pytest.mark.parametrize(
    ("host", "expected"),
    [("192.0.2.7", "localhost,127.0.0.1,[::1],192.0.2.7"), ("fd00::1", "localhost,127.0.0.1,[::1],[fd00::1]")],
)
def test_the_address_it_listens_on_is_an_allowed_host(host: str, expected: str) -> None:
    assert child_environment(options.parse(["--host", host]), {}, None)["ALLOWED_HOSTS"] == expected


def test_it_changes_no_allowed_hosts_that_the_operator_chose() -> None:
    given = {"ALLOWED_HOSTS": "tools.example.com"}
    assert child_environment(options.parse([]), given, None)["ALLOWED_HOSTS"] == "tools.example.com"
    assert "ALLOWED_HOSTS" not in child_environment(options.parse(["--host", "0.0.0.0"]), {}, None)  # noqa: S104


def test_manage_py_hands_up_over_to_the_supervisor() -> None:
    asked = [sys.executable, "manage.py", "up", "--help"]
    ran = subprocess.run(asked, cwd=BASE_DIR, capture_output=True, text=True, check=True)
    assert "--no-demo" in ran.stdout


def test_a_data_folder_that_cannot_be_used_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = run_up(tmp_path / "file" / "data")
    assert refused.returncode == 1
    assert "Choose another place with --data-dir" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_key_file_is_found_from_the_childrens_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"VAULT_KEY_FILE": "vault.key", "VAULT_PREVIOUS_KEY_FILE": "before.key"}
    found = child_environment(options.parse([]), given, None)
    assert {name: found[name] for name in given} == {name: str(tmp_path / file) for name, file in given.items()}
