import pytest

from accounts.errors import Invalid
from memory.namespaces import read_namespace, read_subtree

SEGMENT = "a" * 64


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("default", "default/"),
        ("projects/apollo", "projects/apollo/"),
        ("projects/apollo/", "projects/apollo/"),
        ("users/ada@acme.example/chat:7", "users/ada@acme.example/chat:7/"),
        ("Team+1.2/a-b", "Team+1.2/a-b/"),
        (SEGMENT, f"{SEGMENT}/"),
        ("/".join("a" * 16), "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/"),
    ],
)
def test_it_ends_a_namespace_with_a_slash(text: str, stored: str) -> None:
    assert read_namespace(text) == stored


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "/",
            "//",
            "/a",
            "a//b",
            "a/b//",
            " a",
            "a b",
            "a\n",
            "ä",
            "a/-b",
            ".a",
            "a/..",
            "a/b..c",
            "a_b",
            "a%2Fb",
            "a\0",
        ),
        SEGMENT + "a",
        "/".join("a" * 17),
        "/".join(["a" * 60] * 9),
    ],
)
def test_it_refuses_what_is_none(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_namespace(text, path="$.to")
    assert [fault.path for fault in refused.value.faults] == ["$.to"]


@pytest.mark.parametrize(("text", "where"), [("", ""), ("/", ""), ("a", "a/"), ("a/b/", "a/b/")])
def test_it_reads_where_to_look(text: str, where: str) -> None:
    assert read_subtree(text) == where
