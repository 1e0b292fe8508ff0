from uuid import UUID

import pytest

from memory.search.fuse import Found, Linked, Listed, Scored, add_linked, alone, fuse
from memory.search.types import Arm, Part

A, B, C = (UUID(int=number) for number in (1, 2, 3))


def listed(arm: Arm, *entries: tuple[UUID, float]) -> Listed:
    return Listed(arm, [Found(memory_id, sure, sure) for memory_id, sure in entries])


def test_it_gives_1_to_what_is_first_in_every_list_and_sure() -> None:
    (scored,) = fuse([listed(Arm.SEMANTIC, (A, 1.0)), listed(Arm.KEYWORD, (A, 1.0))])
    assert scored.score == pytest.approx(1)
    assert [(part.arm, part.rank, part.value) for part in scored.parts] == [(Arm.SEMANTIC, 1, 1), (Arm.KEYWORD, 1, 1)]


def test_it_puts_what_both_have_before_what_one_has() -> None:
    scored = fuse([listed(Arm.SEMANTIC, (A, 0.9), (B, 0.9)), listed(Arm.KEYWORD, (C, 0.9), (B, 0.9))])
    assert [each.memory_id for each in scored] == [B, A, C]


def test_it_believes_the_list_that_is_sure() -> None:
    paraphrase = fuse([listed(Arm.SEMANTIC, (A, 0.7)), listed(Arm.KEYWORD, (B, 0.2))])
    code = fuse([listed(Arm.SEMANTIC, (A, 0.3)), listed(Arm.KEYWORD, (B, 1.0))])
    assert ([each.memory_id for each in paraphrase], [each.memory_id for each in code]) == ([A, B], [B, A])


def test_it_gives_by_the_cube_of_how_sure_a_list_is() -> None:
    half, whole = (fuse([listed(Arm.SEMANTIC, (A, sure))])[0].score for sure in (0.5, 1.0))
    assert half == pytest.approx(whole / 8)


def test_it_gives_nothing_for_what_points_the_other_way() -> None:
    (scored,) = fuse([listed(Arm.SEMANTIC, (A, -0.5))])
    assert scored.score == 0


def test_it_goes_by_the_order_of_the_lists_where_all_is_equal() -> None:
    scored = fuse([listed(Arm.SEMANTIC, (B, 0.5)), listed(Arm.KEYWORD, (A, 0.5))])
    assert [each.memory_id for each in scored] == [B, A]


def test_it_makes_nothing_of_nothing() -> None:
    assert fuse([listed(Arm.SEMANTIC), listed(Arm.KEYWORD)]) == []


def test_it_leaves_a_single_list_its_own_values() -> None:
    assert alone(listed(Arm.KEYWORD, (A, 0.06), (B, 0.03))) == [
        Scored(A, 0.06, (Part(Arm.KEYWORD, 1, 0.06, 0.06),)),
        Scored(B, 0.03, (Part(Arm.KEYWORD, 2, 0.03, 0.03),)),
    ]


def test_it_adds_what_links_lead_to() -> None:
    found = alone(listed(Arm.SEMANTIC, (A, 0.8), (B, 0.5)))
    scored = add_linked(found, [Linked(B, 0.4, via=A), Linked(C, 0.2, via=A)])
    assert [each.memory_id for each in scored] == [B, A, C]
    assert [each.score for each in scored] == pytest.approx([0.9, 0.8, 0.2])
    assert scored[0].parts == (Part(Arm.SEMANTIC, 2, 0.5, 0.5), Part(Arm.LINKS, 1, 0.4, 0.4, A))
