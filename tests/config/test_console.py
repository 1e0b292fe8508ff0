import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.supervisor.console import Console
from config.supervisor.welcome import greet, show_once

SEED = {
    "login": "admin@example.com",
    "password": "pass word",
    "agent_key": "qm_key",
    "tool": "demo-echo",
    "curl_body": '{"input": {"text": "it\'s"}}',
    "hook_path": "/hooks/token/",
    "hook_body": '{"name": "it\'s Ada"}',
}
TALK_TO_NOBODY = """
import sys, time
from pathlib import Path
from config.supervisor.console import Console
sys.stdin.readline()
console = Console(started=time.time(), log=Path(sys.argv[1]))
console.say("first")
console.say("second")
"""


def test_it_says_a_step_in_the_terminal_and_in_the_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Console(started=0, log=tmp_path / "up.log").say("web is ready")
    assert capsys.readouterr().out.endswith("s] web is ready\n")
    assert (tmp_path / "up.log").read_text().endswith("Z web is ready\n")


def test_it_shows_secrets_in_the_terminal_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(started=0, log=tmp_path / "up.log")
    console.show(show_once(SEED))
    assert "qm_key" in capsys.readouterr().out
    assert not (tmp_path / "up.log").exists()


def test_it_goes_on_when_the_terminal_is_gone(tmp_path: Path) -> None:
    log = tmp_path / "up.log"
    reading, writing = os.pipe()
    talking = subprocess.Popen(
        [sys.executable, "-c", TALK_TO_NOBODY, str(log)], stdin=subprocess.PIPE, stdout=writing, stderr=writing
    )
    os.close(writing)
    os.close(reading)
    talking.communicate(b"go\n")
    assert talking.returncode == 0
    assert [line.split(" ", 1)[1] for line in log.read_text().splitlines()] == ["first", "second"]


def test_it_greets_with_lines_that_a_shell_understands() -> None:
    greeting = greet("http://127.0.0.1:8000", SEED, log_folder="/srv/log")
    call, hook = (words_of(line) for line in greeting.splitlines() if line.startswith("curl "))
    assert call[call.index("-d") + 1] == SEED["curl_body"]
    assert "Authorization: Bearer qm_key" in call
    assert "http://127.0.0.1:8000/api/v1/tools/demo-echo/execute/" in call
    assert hook[hook.index("-d") + 1] == SEED["hook_body"]
    assert "http://127.0.0.1:8000/hooks/token/" in hook


def words_of(line: str) -> list[str]:
    """As a shell splits it."""
    shown = subprocess.run(["/bin/sh", "-c", f"printf '%s\\n' {line}"], capture_output=True, text=True, check=True)
    return shown.stdout.splitlines()


def test_it_greets_without_secrets_the_second_time() -> None:
    greeting = greet("http://127.0.0.1:8000", None, log_folder="/srv/log")
    assert "http://127.0.0.1:8000/admin/" in greeting
    assert "curl" not in greeting
    assert show_once(None) == ""
