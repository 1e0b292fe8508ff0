"""What somebody says of a memory, field by field."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone as now_of

from accounts.caller import Actor, Caller, System
from accounts.errors import Invalid
from accounts.roles import Role
from memory.content import read_facts
from memory.limits import MOST_UNKNOWN
from tests.memory.remembering import CURATOR

AGENT = Caller(tenant_id=uuid4(), tenant_slug="acme", generation=1, role=Role.OPERATOR, agent_id=uuid4())
PERSON = Caller(tenant_id=uuid4(), tenant_slug="acme", generation=1, role=Role.OPERATOR, person_id=uuid4())
SOON = now_of.now() + timedelta(hours=1)


def read(by: Actor = CURATOR, /, **facts: Any) -> dict[str, Any]:
    return read_facts(facts, by=by, whole=False)


def faults(by: Actor = CURATOR, /, *, whole: bool = False, **facts: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        read_facts(facts, by=by, whole=whole)
    return [(fault.path, fault.message) for fault in refused.value.faults]


def paths(**facts: Any) -> list[str]:
    return [path for path, _ in faults(**facts)]


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return value


def test_it_fills_in_what_a_new_memory_does_not_say() -> None:
    assert read_facts({"content": "Ada likes tea."}, by=CURATOR, whole=True) == {
        "namespace": "default/",
        "kind": "fact",
        "content": "Ada likes tea.",
        "metadata": {},
        "tags": [],
        "source": "",
        "trust": "trusted",
        "end_user": "",
        "valid_from": None,
        "valid_to": None,
        "expires_at": None,
    }


def test_it_reads_of_a_change_only_what_it_names() -> None:
    assert read(namespace="a/b", tags=["x"]) == {"namespace": "a/b/", "tags": ["x"]}
    assert read() == {}


def test_it_needs_a_content() -> None:
    assert faults(whole=True) == [("$.content", "This is needed.")]


def test_it_names_every_fault_at_once() -> None:
    assert paths(colour="red", kind="A", content=" ", metadata=[], tags="x", source=1, trust="much") == [
        *("$.colour", "$.kind", "$.content", "$.metadata", "$.tags", "$.source", "$.trust")
    ]


def test_it_names_the_first_unknown_fields_and_still_what_is_wrong_with_the_others() -> None:
    many = {f"field-{number}": 1 for number in range(1_000)}
    assert paths(**many, kind="A") == [*(f"$.field-{number}" for number in range(MOST_UNKNOWN)), "$.kind"]


@pytest.mark.parametrize("content", ["x", " kept as it is \n", "a" * 32_000, "ä" * 16_000, "\u2028\U0001f600"])
def test_it_takes_texts_as_they_are(content: str) -> None:
    assert read(content=content) == {"content": content}


@pytest.mark.parametrize(
    "content", ["", " \n\t", "\u200b\ufeff", "a" * 32_001, "ä" * 16_001, "a\0b", "half \ud83d", None, 7, ["x"]]
)
def test_it_refuses_other_contents(content: Any) -> None:
    assert paths(content=content) == ["$.content"]


@pytest.mark.parametrize("kind", ["", "A", "a b", "-a", "_a", "a" * 33, "ä", None, "a\n"])
def test_it_refuses_other_kinds(kind: Any) -> None:
    assert read(kind="a-b_9" + "c" * 27) == {"kind": "a-b_9" + "c" * 27}
    assert paths(kind=kind) == ["$.kind"]


@pytest.mark.parametrize("namespace", [None, 7, "", "a b"])
def test_it_refuses_other_namespaces(namespace: Any) -> None:
    assert paths(namespace=namespace) == ["$.namespace"]


def test_it_takes_objects_as_metadata() -> None:
    metadata = {"a": [1, 2.5, None, True, {"ü": "x"}], "b": nested(7)}
    assert read(metadata=metadata) == {"metadata": metadata}
    assert read(metadata={"a": "x" * 16_376}) == {"metadata": {"a": "x" * 16_376}}  # 16,384 bytes


def test_it_counts_the_zeros_that_postgresql_writes_of_a_number() -> None:
    assert read(metadata={"a": [1e300, 1e-300]})
    assert paths(metadata={"a": [1e300] * 60}) == ["$.metadata"]  # 300 digits each


@pytest.mark.parametrize(
    "metadata",
    [
        *(None, [], "x", {"a": float("nan")}, {"a": [float("inf")]}, {"a": "\0"}, {"\ud800": 1}, {"a": {1, 2}}),
        {"a": 10**5_000},
        {"a": "x" * 16_377},
        nested(9),
        nested(100_000),
        {"a": [[[[[[[[1]]]]]]]]},
    ],
    ids=range(13),
)
def test_it_refuses_other_metadata(metadata: Any) -> None:
    assert paths(metadata=metadata) == ["$.metadata"]


def test_it_keeps_each_tag_once_in_order() -> None:
    assert read(tags=["b", "a", "b", "x" * 64]) == {"tags": ["b", "a", "x" * 64]}
    assert read(tags=["a"] * 100) == {"tags": ["a"]}


@pytest.mark.parametrize(
    ("tags", "path"),
    [
        *((None, "$.tags"), ("a", "$.tags"), ([""], "$.tags[0]"), (["a", 7], "$.tags[1]"), (["x" * 65], "$.tags[0]")),
        (["\0"], "$.tags[0]"),
        ([str(number) for number in range(33)], "$.tags"),
    ],
)
def test_it_refuses_other_tags(tags: Any, path: str) -> None:
    assert paths(tags=tags) == [path]


@pytest.mark.parametrize("name", ["source", "end_user"])
def test_it_bounds_texts(name: str) -> None:
    assert read(**{name: "x" * 200}) == {name: "x" * 200}
    for other in ("x" * 201, None, 7, "\0"):
        assert paths(**{name: other}) == [f"$.{name}"]


# --- Trust ---


@pytest.mark.parametrize(("by", "trust"), [(AGENT, "agent"), (PERSON, "trusted"), (System("x"), "trusted")])
def test_it_trusts_persons_more_than_agents(by: Actor, trust: str) -> None:
    assert read_facts({"content": "x"}, by=by, whole=True)["trust"] == trust


def test_an_agent_cannot_say_that_it_is_to_be_trusted() -> None:
    assert [read(AGENT, trust=trust)["trust"] for trust in ("agent", "untrusted")] == ["agent", "untrusted"]
    assert [read(PERSON, trust=trust)["trust"] for trust in ("agent", "untrusted", "trusted")] == [
        *("agent", "untrusted", "trusted")
    ]
    assert [path for path, _ in faults(AGENT, trust="trusted")] == ["$.trust"]
    assert [path for path, _ in faults(AGENT, trust=None)] == ["$.trust"]


# --- Times ---


@pytest.mark.parametrize(
    ("given", "read_as"),
    [
        ("2026-11-30T14:05:00Z", datetime(2026, 11, 30, 14, 5, tzinfo=UTC)),
        ("2026-11-30T14:05:00.25+02:00", datetime(2026, 11, 30, 12, 5, 0, 250_000, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        (datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1))), datetime(2025, 12, 31, 23, tzinfo=UTC)),
        (None, None),
    ],
)
def test_it_reads_times_in_utc(given: Any, read_as: datetime | None) -> None:
    assert read(valid_from=given) == {"valid_from": read_as}


@pytest.mark.parametrize(
    "given",
    [
        "2026-11-30",
        "2026-11-30T14:05:00",
        "yesterday",
        "",
        7,
        datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None),
        "0001-01-01T00:00:00+01:00",
    ],
)
def test_it_refuses_times_that_are_no_moment(given: Any) -> None:
    assert [paths(**{name: given}) for name in ("valid_from", "valid_to", "expires_at")] == [
        *(["$.valid_from"], ["$.valid_to"], ["$.expires_at"])
    ]


def test_it_begins_before_it_ends() -> None:
    moment = "2026-11-30T14:05:00Z"
    assert paths(valid_from=moment, valid_to=moment) == ["$.valid_to"]
    assert list(read(valid_from=moment, valid_to="2026-11-30T14:05:01Z")) == ["valid_from", "valid_to"]


def test_it_expires_in_the_future() -> None:
    assert read(expires_at=SOON) == {"expires_at": SOON}
    assert paths(expires_at=now_of.now()) == ["$.expires_at"]


def test_it_hands_a_vector_on() -> None:
    assert (read(vector=[1, 2]), read(vector=None)) == ({"vector": [1, 2]}, {"vector": None})
    assert paths(vector="1, 2") == ["$.vector"]
