"""File patterns against the ways to write a path so that it looks like another one."""

import string

import pytest

from integrations.patterns import BadPattern
from registry.permissions.files import in_files, read_file_pattern
from registry.permissions.fit import Fit

CERTAIN = [
    ("/etc/**", "/etc/passwd"),
    ("/etc/**", "//etc//./ssh/sshd_config"),
    ("/etc", "/etc"),
    ("/etc", "/etc/passwd"),
    ("src/**", "src/a/b.py"),
    ("src/**", "./src//a.py"),
    ("./notes.txt", "notes.txt"),
    ("*.pem", "keys/prod.pem"),
    ("*.pem", "/srv/keys/prod.pem"),
    ("*.pem", "~/prod.pem"),
    (".env", "deep/down/.env"),
    ("secrets/", "a/secrets/b"),
    ("**/secrets/*.json", "/a/secrets/b.json"),
    ("a[!b]c", "axc"),
    ("~/.ssh/**", "~/.ssh/id_ed25519"),
    ("C:/Users/**", "C:/Users/ada"),
]
POSSIBLE = [
    # Up and down again: a name on the way may be a link.
    ("/etc/**", "/srv/../etc/passwd"),
    ("src/**", "docs/../src/a.py"),
    # Above the working directory nobody knows where one is.
    ("/etc/**", "../../../../etc/passwd"),
    ("/etc/**", "..\\..\\etc\\passwd"),
    ("/etc/**", "../notes"),
    # The working directory may be the root, or any other.
    ("/etc/**", "etc/passwd"),
    ("src/**", "/home/ada/project/src/a.py"),
    ("src/**", "../project/src/a.py"),
    # The home directory has several names.
    ("~/.ssh/**", "/root/.ssh/id"),
    ("~/.ssh/**", "~root/.ssh/id"),
    ("~/.ssh/**", ".ssh/id"),
    ("~/.ssh/**", "../.ssh/id"),
    ("/root/**", "~/x"),
    # File systems that fold letters, and Windows.
    ("*.pem", "prod.PEM"),
    ("/etc/**", "/ETC/passwd"),
    (".env", ".env."),
    (".env", ".env "),
    ("café.txt", "cafe\u0301.txt"),
    ("/etc/**", "\\etc\\passwd"),
    ("C:/Users/**", "c:\\users\\ada"),
    # What something else than we replaces.
    ("*.pem", "$HOME/x"),
    ("*.pem", "`echo x`"),
    ("*.pem", "%USERPROFILE%/x"),
    ("*.pem", "%2e%2e/x"),
    ("*.pem", "keys/*"),
    ("*.pem", "keys/prod.pe?"),
    ("*.pem", "keys/prod.{pem,txt}"),
    ("*.pem", "file:///srv/x"),
    ("*.pem", "https://example.com/x"),
    ("*.pem", "C:x"),
    ("*.pem", "prod.pem\x00.txt"),
    ("*.pem", "prod.txt\n"),
    ("*.pem", ".env::$DATA"),
    ("*.pem", ""),
]
IMPOSSIBLE = [
    ("/etc/**", "/etcetera/x"),
    ("/etc/**", "/srv/etc/x"),
    ("/etc/**", "/etc/../srv/x"),
    ("/etc/**", "src/a.py"),
    ("src/**", "srcs/a.py"),
    ("src/**", "src/../secret"),
    ("src/**", "/src.txt"),
    ("*.pem", "prod.pem.txt"),
    ("*.pem", "~/notes.txt"),
    ("*.pem", "../notes.txt"),
    ("secrets/", "secrets"),
    ("~/.ssh/**", "~/.sshd/x"),
    ("~/.ssh/**", "/root/x"),
    ("src/*.py", "src/a/b.py"),
]


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        *((*each, Fit.YES) for each in CERTAIN),
        *((*each, Fit.MAYBE) for each in POSSIBLE),
        *((*each, Fit.NO) for each in IMPOSSIBLE),
    ],
)
def test_it_tells_what_is_certain_from_what_is_possible(pattern: str, path: str, expected: Fit) -> None:
    assert in_files([read_file_pattern(pattern)])(path) is expected


@pytest.mark.parametrize("value", [None, 5, True, ["/etc/passwd"], {"path": "/etc/passwd"}])
def test_it_cannot_tell_of_what_is_no_string(value: object) -> None:
    assert in_files([read_file_pattern("/etc/**")])(value) is Fit.MAYBE


def test_it_takes_the_best_of_several_patterns() -> None:
    test = in_files([read_file_pattern("docs/**"), read_file_pattern("src/**")])
    assert (test("src/a"), test("/x/docs/a"), test("lib/a")) == (Fit.YES, Fit.MAYBE, Fit.NO)


@pytest.mark.parametrize("letter", sorted(set(string.printable) - set('\\/!#*?[]\t\n\r\x0b\x0c {}$`%|<>"')))
def test_it_reads_every_other_letter_as_itself(letter: str) -> None:
    test = in_files([read_file_pattern(f"a{letter}b")])
    assert (test(f"x/a{letter}b"), test("x/a€b")) == (Fit.YES, Fit.NO)


@pytest.mark.parametrize(
    "pattern", ["", "  ", "!x", "#x", "a\\b", "../x", "a/../b", "/", "//", "a" * 301, "***[", "[z-a]"]
)
def test_it_refuses_a_pattern_that_names_nothing(pattern: str) -> None:
    with pytest.raises(BadPattern):
        read_file_pattern(pattern)


def test_it_gives_up_on_a_path_that_is_too_long_to_be_looked_at() -> None:
    assert in_files([read_file_pattern("*.pem")])("a/" * 60_000) is Fit.MAYBE


def test_it_cannot_be_made_to_hang() -> None:
    test = in_files([read_file_pattern("*a" * 100 + "b")])
    assert test("a" * 50_000) is Fit.NO
