"""`run.py`, as it is called: with a folder of its own, a uv that only remembers what it was asked, and no network."""

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import run

ROOT = Path(run.__file__).parent
PACKAGES = "plum==1.0 --hash=sha256:00\npear==2.0 --hash=sha256:00\n"


class Clone:
    """A clone of the product, as far as run.py sees it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = folder / "programs"
        self.programs.mkdir(parents=True)
        shutil.copy(ROOT / "run.py", folder)
        for lock in ("requirements.lock", "requirements-dev.lock", "requirements-bootstrap.lock"):
            (folder / lock).write_text(PACKAGES)
        (folder / "requirements-models.lock").write_text("model==1.0 --hash=sha256:00\n")
        (folder / "manage.py").write_text("import sys; print('manage.py was given', sys.argv[1:])")
        (folder / "tests").mkdir()
        (folder / "tests" / "__main__.py").write_text("import os; print('the tests run in', os.getcwd())")
        self.make_uv("exit 0")

    def make_uv(self, ending: str) -> None:
        uv = self.programs / "uv"
        uv.write_text(f'#!/bin/sh\necho "$@" >> {self.folder}/uv.log\n{ending}\n')
        uv.chmod(uv.stat().st_mode | stat.S_IXUSR)

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(self.programs), "/usr/bin", "/bin"])
        environment = {"HOME": str(self.folder), "PATH": path, **more}
        command = [sys.executable, str(self.folder / "run.py"), *words]
        return subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)

    def uv_calls(self) -> list[str]:
        log = self.folder / "uv.log"
        return log.read_text().splitlines() if log.exists() else []


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path / "clone")


def test_it_makes_the_environment_from_the_lock_and_hands_over(clone: Clone) -> None:
    ran = clone.run("check", "--deploy")
    assert ran.returncode == 0, ran.stderr
    steps = [line.partition("] ")[2] for line in ran.stdout.splitlines()]
    version = sys.version.split()[0]
    assert steps[:3] == [
        f"Environment: making .venv with Python {version}",
        "Environment: installing 2 packages with uv",
        "Environment: ready",
    ]
    assert ran.stdout.endswith("manage.py was given ['check', '--deploy']\n")
    call, models = clone.uv_calls()
    assert "--require-hashes" in call
    assert call.endswith(f"--requirements {clone.folder}/requirements.lock")
    assert "--require-hashes" in models
    assert "--no-deps --only-binary :all:" in models
    assert models.endswith(f"--requirements {clone.folder}/requirements-models.lock")


def test_a_second_start_installs_nothing(clone: Clone) -> None:
    clone.run("check")
    again = clone.run("check")
    assert again.stdout == "manage.py was given ['check']\n"
    assert len(clone.uv_calls()) == 2


def test_a_changed_lock_is_installed_into_the_same_environment(clone: Clone) -> None:
    clone.run("check")
    kept = clone.folder / ".venv" / "kept"
    kept.touch()
    (clone.folder / "requirements.lock").write_text(PACKAGES + "fig==3.0 --hash=sha256:00\n")
    assert "installing 3 packages" in clone.run("check").stdout
    assert kept.exists()


def test_tests_need_the_development_lock_and_everything_else_is_content_with_it(clone: Clone) -> None:
    ran = clone.run("test")
    assert ran.stdout.endswith(f"the tests run in {clone.folder}\n")
    clone.run("check")
    assert [call.rpartition("/")[2] for call in clone.uv_calls()] == [
        "requirements-dev.lock",
        "requirements-models.lock",
    ]


def test_a_changed_lock_of_the_models_is_installed_alone(clone: Clone) -> None:
    clone.run("check")
    (clone.folder / "requirements-models.lock").write_text("model==2.0 --hash=sha256:00\n")
    assert "installing 1 packages" in clone.run("check").stdout
    assert [call.rpartition("/")[2] for call in clone.uv_calls()][2:] == ["requirements-models.lock"]


def test_a_changed_lock_does_not_fetch_the_models_anew(clone: Clone) -> None:
    clone.run("check")
    (clone.folder / "requirements.lock").write_text(PACKAGES + "fig==3.0 --hash=sha256:00\n")
    clone.run("check")
    assert [call.rpartition("/")[2] for call in clone.uv_calls()][2:] == ["requirements.lock"]


def test_without_the_models_it_goes_on_and_tries_again_in_an_hour(clone: Clone) -> None:
    clone.make_uv('case "$*" in *requirements-models*) echo "no route to the index" >&2; exit 2;; esac')
    nowhere = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    ran = clone.run("check", **nowhere)
    assert ran.returncode == 0
    assert "going on without the embedding model; a start in an hour tries again" in ran.stdout
    assert ran.stdout.endswith("manage.py was given ['check']\n")
    assert clone.run("check", **nowhere).stdout == "manage.py was given ['check']\n"
    clone.make_uv("exit 0")
    stamp = clone.folder / ".venv" / "installed.json"
    stamp.write_text(json.dumps({**json.loads(stamp.read_text()), "models_tried": "0"}))
    assert "installing 1 packages with uv" in clone.run("check").stdout
    assert clone.run("check").stdout == "manage.py was given ['check']\n"


@pytest.mark.parametrize("chosen", ["lexical-hash-v1", "openai"])
def test_who_chose_another_embedder_gets_no_model(chosen: str, clone: Clone) -> None:
    clone.run("check", EMBEDDER=chosen)
    assert [call.rpartition("/")[2] for call in clone.uv_calls()] == ["requirements.lock"]


def test_an_environment_of_a_python_that_is_gone_is_made_anew(clone: Clone) -> None:
    clone.run("check")
    stamp = clone.folder / ".venv" / "installed.json"
    stamp.write_text(json.dumps({**json.loads(stamp.read_text()), "python": "/gone/python3.10"}))
    assert "making .venv" in clone.run("check").stdout


def test_it_does_not_empty_an_environment_that_is_only_linked(clone: Clone, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "kept").touch()
    (clone.folder / ".venv").symlink_to(tmp_path / "shared")
    assert clone.run("check").returncode == 0
    assert (tmp_path / "shared" / "kept").exists()
    assert not (clone.folder / ".venv").is_symlink()


def test_an_interrupted_installation_is_repeated(clone: Clone) -> None:
    clone.make_uv("kill -INT $PPID; sleep 1; exit 1")
    assert clone.run("check").returncode != 0
    clone.make_uv("exit 0")
    assert "installing 2 packages with uv" in clone.run("check").stdout


def test_it_falls_back_to_pip_when_uv_fails(clone: Clone) -> None:
    clone.make_uv("echo 'no route to the index' >&2; exit 2")
    nowhere = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    ran = clone.run("check", **nowhere)
    assert "no route to the index" in ran.stdout
    assert "uv could not; trying pip" in ran.stdout
    assert "No matching distribution found for plum==1.0" in ran.stdout
    assert ran.returncode == 1
    assert ran.stderr.startswith("The packages could not be installed.")
    assert not (clone.folder / ".venv" / "installed.json").exists()


def test_without_a_word_it_says_what_it_can_do(clone: Clone) -> None:
    ran = clone.run()
    assert "python3 run.py up" in ran.stderr
    assert not (clone.folder / ".venv").exists()


def test_it_says_what_to_install_when_there_is_no_installer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr(run, "BOOTSTRAP", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match="apt install python3-pip"):
        run.install(run.Clock(), run.LOCK)


def test_it_hands_pips_sources_on_to_uv() -> None:
    said = "global.index-url='https://a.example/simple'\n:env:.find-links='/wheels'\nglobal.timeout='60'"
    pip = [sys.executable, "-c", f"print({said!r})"]
    assert run.pip_settings(pip) == {"--index-url": ["https://a.example/simple"], "--find-links": ["/wheels"]}
    command = run.uv_install(Path("/bin/uv"), pip)
    assert command[command.index("--index-url") + 1] == "https://a.example/simple"
    assert command[-2:] == ["--index-strategy", "unsafe-best-match"]


def test_it_hands_pips_certificates_on_to_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    run.pip_settings([sys.executable, "-c", "print(\"global.cert='/etc/our.crt'\")"])
    assert os.environ["SSL_CERT_FILE"] == "/etc/our.crt"
    monkeypatch.delenv("SSL_CERT_FILE")
