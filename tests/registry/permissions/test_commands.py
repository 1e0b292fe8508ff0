"""Command prefixes against the ways to write a command so that it looks like another one."""

import pytest

from registry.permissions.commands import BadPrefix, begins_with, read_prefix
from registry.permissions.fit import Fit

CERTAIN = [
    "git status",
    "  git   status  ",
    "git status -s",
    "'git' \"status\"",
    "git status 'a; b'",
    "git status && git status -s",
    "git status; git status",
    "git status | git status",
    "git status\ngit status",
    "git status \\\n -s",
    "git status &",
    "git status 2>&1",
    "git status >/dev/null",
    "git status $HOME *.py",
    "git status ${HOME}",
    "git status a#b",
    "git status '# no comment'",
    'git status "it\'s $5"',
    "git status 'it is' \"don't\"",
    "git status >/dev/null 2>&1",
    ["git", "status"],
    ["git", "status", "; rm -rf /"],
]
POSSIBLE = [
    "git status &>/tmp/x",
    "git status&>>/tmp/x",
    "git status; >/etc/passwd",
    "git status\n>/etc/passwd",
    "git status && > /tmp/x",
    "git status | >/tmp/x",
    "git status & 2>/tmp/x",
    "git status; <x",
    "git status & <>/tmp/x",
    ">/tmp/x; git status",
    "git status; rm -rf /",
    "git status && rm -rf /",
    "git status || rm -rf /",
    "git status | sh",
    "git status & rm -rf /",
    "git status\nrm -rf /",
    "git status\rgit status",
    "git status # '\nrm -rf /x\n# '",
    "git status # it's\nrm -rf /x\necho isn't it",
    "git status \\\\\nrm -rf /x",
    "git status $'\\''; rm -rf /x #'",
    "git status $\\\n'\\''; rm -rf /x #'",
    'git status $"a"; rm -rf /x',
    "git status ${x:-'}; rm -rf /x #'}",
    'git status "${x:-"\'"}"; rm -rf /x #\'',
    "git status $(( 1 ' )) ; rm -rf /x #'",
    "git status $(rm -rf /)",
    "git status $(case a in a) echo ')';rm -rf /;; esac)",
    "git status &>/dev/null rm -rf /",
    "{x}>/dev/null git status",
    "git status <<X\n'\nX\nrm -rf /\n#'",
    "git status <\\\n<X\n'\nX\nrm -rf /\n#'",
    'git status "$(rm -rf /)"',
    "git status `rm -rf /`",
    "git status <(rm -rf /)",
    "git status > /etc/passwd",
    "git status >& /etc/passwd",
    "git status < /etc/passwd",
    "git status <<< x",
    "LD_PRELOAD=evil.so git status",
    "env git status",
    "sudo -u root git status",
    "/tmp/git status",
    "./git status",
    "GIT status",
    "(git status)",
    "{ git status; }",
    "! git status",
    "git() { rm -rf /; }; git status",
    "if git status; then git status; fi",
    "git -C /elsewhere status",
    "git $COMMAND",
    "$PROGRAM status",
    "gi? status",
    "{git,status}",
    "$'git' status",
    "git status 'not closed",
    "git status\x00",
    "git status " + "x" * 30_000,
    None,
    5,
    {"command": "git status"},
    ["git", 5],
    [],
]
IMPOSSIBLE = [
    "",
    "  ",
    "git statusx",
    "git",
    "gitstatus",
    "git commit -m status",
    "echo git status",
    "git\xa0status",
    ["git status"],
]

RUNS_RM = [
    "setpriv rm x",
    "pkexec rm x",
    "systemd-run rm x",
    "npx rm x",
    "uv run rm x",
    "direnv exec . rm x",
    "hash -p /bin/rm ls; ls x",
    'mapfile -C "rm x" a',
    'echo "rm x" | sh',
    "cat x | sudo bash",
    "bash deploy.sh",
    ["bash", "deploy.sh"],
    "find . -exec sh {} +",
    "source x",
    ". x",
    "rm x",
    "/bin/rm x",
    "\\rm x",
    "r''m x",
    "RM x",
    "rm.exe x",
    "true && rm x",
    "true; rm x",
    "true || rm x",
    "true | rm x",
    "true & rm x",
    "true\nrm x",
    "x=1 rm y",
    "2>/dev/null rm x",
    "> out rm x",
    "echo $(rm x)",
    'echo "$(rm x)"',
    'echo "it is $(date), $(rm x)"',
    'echo "`rm x`"',
    "echo `rm x`",
    "cat <(rm x)",
    "sudo rm x",
    "sudo -u root rm x",
    "env A=b rm x",
    "timeout 5 rm x",
    "ls | xargs -n1 rm",
    "find . -name x -exec rm {} \\;",
    "bash -c 'rm x'",
    'bash -c "echo a; rm x"',
    "sh -c 'bash -c \"rm x\"'",
    "eval 'rm x'",
    "nohup bash -c 'sudo rm x' &",
    "cat <<EOF\nrm x\nEOF",
    "bash <<< 'rm x'",
    "bash -c \"r''m\"",
    "eval r\\\\m x",
    "eval \"r''m\" x",
    "{x}>/dev/null rm y",
    "&>/dev/null rm x",
    "function f { rm x; }; f",
    "f() { rm x; }; f",
    "coproc rm x",
    "coproc NAME { rm x; }",
    "for f do rm $f; done",
    "if x=1 rm y; then :; fi",
    "time -p rm x",
    "echo '$(rm x)'",
    "echo '`rm x`'",
    "> $(rm x)",
    'echo "$(echo "a" "$(rm x)")"',
    "if true; then rm x; fi",
    "for f in a; do rm $f; done",
    "case a in a) rm x;; esac",
    "{rm,-rf,/}",
    "/bin/r? x",
    "$REMOVE x",
    ["rm", "x"],
    ["sudo", "rm", "x"],
    ["bash", "-c", "rm x"],
]
RUNS_NO_RM = [
    "find . -name x",
    "bash -c ls",
    "sh -ec 'ls; pwd'",
    "ls > /dev/null; > /dev/null",
    ">/tmp/x",
    "echo rm",
    "echo 'rm x'",
    "git rm x",
    "echo $((1 + 2))",
    'echo "$(date)"',
    "[ -f rm ] && cat rm",
    "find . -exec echo {} \\;",
    "rmdir x",
    "ls > rm",
    "echo $(date) rm",
    'echo "$(echo "rm" x): $((1 + 2)), ${HOME}"',
    "find . -exec grep -l a {} +",
    ["echo", "rm x"],
]


@pytest.mark.parametrize("command", CERTAIN, ids=repr)
def test_it_is_certain_when_every_command_begins_so(command: object) -> None:
    assert begins_with([("git", "status")])(command) is Fit.YES


@pytest.mark.parametrize("command", POSSIBLE, ids=lambda command: repr(command)[:60])
def test_it_is_not_certain_of_a_command_that_does_more_or_may(command: object) -> None:
    assert begins_with([("git", "status")])(command) is Fit.MAYBE


@pytest.mark.parametrize("command", IMPOSSIBLE, ids=repr)
def test_it_knows_a_command_that_cannot_begin_so(command: object) -> None:
    assert begins_with([("git", "status")])(command) is not Fit.YES


@pytest.mark.parametrize("command", RUNS_RM, ids=repr)
def test_it_finds_a_program_wherever_it_is_run(command: object) -> None:
    assert begins_with([("rm",)])(command) is not Fit.NO


@pytest.mark.parametrize("command", RUNS_NO_RM, ids=repr)
def test_it_does_not_take_an_argument_for_a_program(command: object) -> None:
    assert begins_with([("rm",)])(command) is Fit.NO


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("git push", Fit.YES),
        ("git -C /x push", Fit.MAYBE),
        ("git --no-pager -c a=b -c c=d push", Fit.MAYBE),
        ("git status $X", Fit.NO),
        ("git commit push", Fit.NO),
        ("git '2'>/dev/null push", Fit.NO),
        ("git 2>/dev/null push", Fit.YES),
        ("git " + "-a " * 40 + "push", Fit.MAYBE),
    ],
)
def test_it_looks_past_options(command: str, expected: Fit) -> None:
    assert begins_with([("git", "push")])(command) is expected


def test_it_lets_each_command_begin_with_another_prefix() -> None:
    test = begins_with([("git", "status"), ("ls",)])
    assert (test("git status && ls -l"), test("git status && cat x")) == (Fit.YES, Fit.MAYBE)


def test_it_gives_up_on_commands_within_commands_within_commands() -> None:
    command = "rm x"
    for _ in range(6):
        command = "bash -c " + repr(command)
    assert begins_with([("ls",)])(command) is Fit.MAYBE


def test_it_gives_up_on_too_many_commands_inside_one_another() -> None:
    assert begins_with([("ls",)])('echo "' + "$(a;b;c;d;e;f;g) " * 200 + '"') is Fit.MAYBE


@pytest.mark.parametrize(
    "command",
    [
        "$(" * 9_000,
        "echo '" + "$()" * 6_000 + "'",
        "echo " + "$()" * 6_000,
        "eval " * 4_000,
        'bash -c "' + "`" * 19_000 + '"',
        "(" + "( " * 9_000,
        "sudo '" + ";" * 19_000 + "'",
    ],
    ids=lambda command: command[:12],
)
def test_it_reads_what_was_made_to_be_read_for_ever(command: str) -> None:
    """In a broken form each of these takes minutes, or more levels than Python goes down."""
    assert begins_with([("git", "status")])(command) is not Fit.YES


@pytest.mark.parametrize(
    "prefix",
    ["", " ", "git *", "git status; ls", "a > b", "$X", "A=1 git", "git &", "'a", "git $(x)", "x" * 400, "a\x00"],
)
def test_it_refuses_a_prefix_that_is_not_the_beginning_of_one_command(prefix: str) -> None:
    with pytest.raises(BadPrefix):
        read_prefix(prefix)


def test_it_reads_a_prefix_as_a_shell_would() -> None:
    assert read_prefix("'git'  \"status\"") == ("git", "status")


def test_it_gives_up_on_a_command_of_too_many_words() -> None:
    assert begins_with([("ls",)])("sudo " + "git -a " * 1_000) is Fit.MAYBE
