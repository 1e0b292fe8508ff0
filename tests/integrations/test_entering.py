from dataclasses import replace

from django import forms

from integrations.entering import EntryForm, browser_way, group_of, scope_field, value_fields, variable_fields
from integrations.format import shelf
from integrations.format.types import AuthType, AuthWay, Connector, Variable


def connector(slug: str) -> Connector:
    found = shelf.connector(slug)
    assert found is not None
    return found


def way(connector: Connector, name: str) -> AuthWay:
    found = connector.way(name)
    assert found is not None
    return found


def test_a_secret_is_a_password_that_is_sent_to_nobody_again() -> None:
    fields = value_fields(way(connector("zendesk"), "token"))
    assert list(fields) == ["values.username", "values.password"]
    form = EntryForm({"values.username": "ada", "values.password": "hunter2"}, [("", fields)])
    assert not form["values.username"].errors
    assert 'value="ada"' in str(form["values.username"])
    assert "hunter2" not in str(form)
    assert 'type="password"' in str(form["values.password"])


def test_a_secret_keeps_its_blanks() -> None:
    form = EntryForm({"values.username": " ada ", "values.password": " pass "}, [("", _password())])
    assert form.is_valid()
    assert group_of(form.cleaned_data, "values") == {"username": "ada", "password": " pass "}


def _password() -> dict[str, forms.Field]:
    return value_fields(way(connector("zendesk"), "token"))


def test_a_choice_of_few_is_a_menu() -> None:
    schema = {"properties": {"region": {"type": "string", "enum": ["eu", "us"], "title": "Region"}}}
    region = value_fields(AuthWay("key", AuthType.API_KEY, "Key", schema))["values.region"]
    assert isinstance(region, forms.ChoiceField)
    assert (region.label, region.required, region.choices) == ("Region", False, [("eu", "eu"), ("us", "us")])


def test_a_variable_says_where_it_goes() -> None:
    subdomain = variable_fields(connector("zendesk"))["variables.subdomain"]
    assert subdomain.widget.attrs["placeholder"] == "acme"
    assert "`https://{subdomain}.zendesk.com/api/v2`" in str(subdomain.help_text)


def test_what_comes_with_the_token_is_not_asked_for() -> None:
    kept = replace(connector("slack"), variables=(Variable("instance", "Instance", ".*", kept=True),))
    assert variable_fields(kept) == {}


def test_only_what_is_not_asked_for_anyway_can_be_chosen() -> None:
    oauth = browser_way(way(connector("slack"), "oauth"))
    assert oauth is not None
    offered = str(EntryForm(None, [("", scope_field(oauth, given=["files:write"]))]))
    assert 'value="reactions:write"' in offered
    assert 'value="chat:write"' not in offered
    assert 'value="files:write"' not in offered
    assert scope_field(oauth, given=oauth.scopes) == {}


def test_only_where_people_sign_in_there_is_a_browser_way() -> None:
    zendesk = connector("zendesk")
    assert [bool(browser_way(each)) for each in zendesk.auth] == [True, False, False]
