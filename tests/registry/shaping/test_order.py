import json

import pytest
from django.db import connection
from hypothesis import given

from registry.shaping.order import in_order
from tests.registry.shaping.values import json_values


def test_it_puts_short_names_first_and_leaves_arrays_alone() -> None:
    mixed = {"name": "Ada", "id": 7, "b": [{"zz": 1, "y": 2}, 3, 1], "é": 0}
    assert json.dumps(in_order(mixed), ensure_ascii=False) == (
        '{"b": [{"y": 2, "zz": 1}, 3, 1], "id": 7, "é": 0, "name": "Ada"}'
    )


@given(json_values)
def test_it_changes_nothing_else(value: object) -> None:
    assert in_order(value) == value


@pytest.mark.django_db
def test_it_is_the_order_in_which_postgresql_keeps_fields() -> None:
    value = dict.fromkeys(["zoo", "a", "b", "Z", "é", "ab", "ü", "名前", "_", "A1", "a1", ""], 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::jsonb::text", [json.dumps(value)])
        kept = cursor.fetchone()[0]
    assert list(json.loads(kept)) == list(in_order(value))
