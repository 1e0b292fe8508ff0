from datetime import UTC, datetime
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError

from accounts.chrome.forms import ActForm, JsonField, TimeField, complain
from accounts.errors import Conflict, Fault, Invalid


class Sample(ActForm):
    name = forms.CharField(required=False)
    rate_limit = JsonField(kind=dict)
    words = JsonField(kind=list)
    more = forms.CharField(required=False, initial="usual")
    sections = (("Limits", ("rate_limit", "words")), ("More", ("more", "unknown")))
    folded = frozenset({"Limits", "More"})


def sample(**values: str) -> Sample:
    form = Sample(values)
    form.is_valid()
    return form


def test_it_reads_json() -> None:
    assert sample(rate_limit='{"per_minute": 60}', words='["a"]').cleaned_data == {
        "name": "",
        "rate_limit": {"per_minute": 60},
        "words": ["a"],
        "more": "",
    }


def test_it_reads_nothing_as_none() -> None:
    assert sample(rate_limit="  ").cleaned_data["rate_limit"] is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "This is not JSON: Expecting property name enclosed in double quotes at line 1, column 2."),
        ("NaN", "This is not JSON: NaN is no JSON number."),
        ('{"a": "\\u0000"}', "The string at $.a holds a NUL character (U+0000), which cannot be stored."),
        ('{"a": "\\ud800"}', "The string at $.a holds half a surrogate pair, which is no character."),
        ("[" * 100_000, "This is nested too deeply: at most 100 arrays and objects inside one another."),
        ("[1]", 'Write a JSON object, such as {"name": "value"}.'),
    ],
)
def test_it_refuses_json_that_the_api_would_refuse(text: str, said: str) -> None:
    assert sample(rate_limit=text).errors == {"rate_limit": [said]}


def test_it_asks_for_an_array_where_one_is_needed() -> None:
    assert sample(words="{}").errors == {"words": ['Write a JSON array, such as ["one", "two"].']}


def test_it_shows_stored_json_indented() -> None:
    assert '"per_minute": 60' in str(Sample(initial={"rate_limit": {"per_minute": 60}})["rate_limit"]).replace(
        "&quot;", '"'
    )


def test_it_groups_fields_and_opens_a_fold_that_holds_something() -> None:
    first, limits, more = sample(rate_limit="[").groups()
    assert [field.name for field in first.fields] == ["name"]
    assert (limits.title, limits.folded, limits.open) == ("Limits", True, True)
    assert ([field.name for field in more.fields], more.open) == (["more"], False)


def test_it_tells_each_fault_beside_its_field() -> None:
    form = sample()
    faults = [Fault("$.name", "Too short."), Fault("$.rate_limit.burst", "Too low."), Fault("$.slug", "Taken.")]
    complain(form, Invalid("It cannot be.", faults=faults))
    assert form.errors == {
        "name": ["Too short."],
        "rate_limit": ["burst: Too low."],
        "__all__": ["$.slug: Taken."],
    }


def test_a_field_may_be_named_by_a_whole_path() -> None:
    form = Sample({})
    form.fields["values.key"] = forms.CharField(required=False)
    form.is_valid()
    faults = [Fault("$.values.key", "Enter this."), Fault("$.words[0].x", "No."), Fault("$.values.other", "Odd.")]
    complain(form, Invalid("It cannot be.", faults=faults))
    assert form.errors == {
        "values.key": ["Enter this."],
        "words": ["x: No."],
        "__all__": ["$.values.other: Odd."],
    }


def test_it_tells_a_refusal_without_faults_above_the_fields() -> None:
    form = sample()
    complain(form, Conflict("There is one already."))
    assert form.non_field_errors() == ["There is one already."]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValidationError({"name": ["Too long."]}), {"name": ["Too long."]}),
        (ValidationError({"slug": ["Bad."]}), {"__all__": ["slug: Bad."]}),
        (ValidationError("Neither."), {"__all__": ["Neither."]}),
    ],
)
def test_it_tells_what_models_refuse(error: ValidationError, said: dict[str, Any]) -> None:
    form = sample()
    complain(form, error)
    assert form.errors == said


def test_it_reads_a_time_in_utc() -> None:
    assert TimeField().clean("2030-01-31T12:00") == datetime(2030, 1, 31, 12, tzinfo=UTC)
    assert TimeField().clean("") is None


@pytest.mark.parametrize("text", ["0001-01-01T00:00+14:00", "1999-12-31T23:59", "9999-12-31T23:59-14:00"])
def test_it_refuses_a_time_that_cannot_be(text: str) -> None:
    """What PostgreSQL made of the last one could not be read again, and with it the whole row."""
    with pytest.raises(ValidationError) as refused:
        TimeField().clean(text)
    assert refused.value.messages == ["Give a time in the years 2000 to 9999, in UTC."]
