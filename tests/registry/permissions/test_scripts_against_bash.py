"""Our reading of scripts against a real bash: whatever it runs, we had read it, or had said that we cannot."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from registry.permissions.commands import begins_with
from registry.permissions.fit import Fit

BASH = shutil.which("bash")
pytestmark = pytest.mark.skipif(BASH is None, reason="There is no bash on PATH.")

STUB = """#!{bash}
printf '%s\\n' "${{0##*/}}" >>{notes}
"""
PIECES = [
    *("git status", "rm x", "git", "rm", "x", "echo", "eval ", "bash -c "),
    *("'", '"', "\\", "`", "$", "$(", "${x", "${x:-", "}", "$((", "))", "$'", "(", ")", "{ ", "{x}"),
    *(" ", " ", "\n", "\t", "\\\n", ";", "; ", "&", "|", "&&", "#", " # ", "<", ">", "<<", "<<<", ">&2", "<("),
    *("x=", "if ", "then ", "fi", "case x in x) ", ";; esac", "function f ", "f() ", "coproc ", "! ", "time "),
]


class Box:
    """A folder with nothing to run but stubs, each of which notes its own name."""

    def __init__(self, folder: Path) -> None:
        self.here, self.notes, programs = folder / "here", folder / "notes", folder / "programs"
        self.environment = {"PATH": str(programs), "HOME": str(self.here), "FUNCNEST": "8"}
        self.here.mkdir()
        programs.mkdir()
        (programs / "bash").symlink_to(str(BASH))
        for name in ("git", "rm"):
            (programs / name).write_text(STUB.format(bash=BASH, notes=self.notes))
            (programs / name).chmod(0o755)

    def ran(self, script: str) -> set[str]:
        """What a bash ran of it. It may end with any status: half of the scripts are no scripts."""
        self.notes.write_text("")
        subprocess.run(
            [str(BASH), "--norc", "--noprofile", "-c", script],
            cwd=self.here,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return set(self.notes.read_text().split())


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Box:
    return Box(tmp_path_factory.mktemp("box"))


def test_the_box_notes_what_runs(box: Box) -> None:
    assert box.ran("git status; $(echo rm) x") == {"git", "rm"}
    assert box.ran("echo rm") == set()


@given(script=st.lists(st.sampled_from(PIECES), min_size=1, max_size=14).map("".join))
@settings(max_examples=400, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@example("git status # '\nrm x\n# '")
@example("git status \\\\\nrm x")
@example("git status $'\\''; rm x #'")
@example("git status $\\\n'\\''; rm x #'")
@example("git status ${x:-'}; rm x #'}")
@example('git status "${x:-"\'"}"; rm x #\'')
@example("git status $(( 1 ' )) ; rm x #'")
@example("git status <<X\n'\nX\nrm x\n#'")
@example("git status $(case x in x) echo ')'; rm x;; esac)")
@example('git status "$(echo "`rm x`")"')
@example("bash <<< 'rm x'")
@example("{x}>/dev/null rm x")
@example("eval r\\\\m x")
@example("function f { rm x; }; f")
@example("coproc f { rm x; }")
@example("for f do rm x; done")
@example("bash -c \"r''m x\"")
@example("if x=1 rm x; then git status; fi")
def test_nothing_runs_that_was_not_read(box: Box, script: str) -> None:
    ran = box.ran(script)
    if begins_with([("git",)])(script) is Fit.YES:
        assert ran <= {"git"}
    if begins_with([("rm",)])(script) is Fit.NO:
        assert "rm" not in ran


def test_it_can_still_read_what_people_write() -> None:
    """Of what cannot be read nothing is allowed: a reading that gave up everywhere would be right, and of no use."""
    scripts = ["git status -s && git log --oneline | git cat", "git commit -m 'it is \"done\"' >/dev/null 2>&1"]
    assert [begins_with([("git",)])(script) for script in scripts] == [Fit.YES, Fit.YES]
