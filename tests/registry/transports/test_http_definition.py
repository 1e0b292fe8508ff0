from registry.transports.http_definition import read_definition


def test_it_fills_in_what_is_usual() -> None:
    read = read_definition({"url": "https://example.com/{id}"})
    assert (read.method, read.body, read.body_format, read.path) == ("POST", "rest", "json", {"id": "id"})
    assert read_definition({"method": "DELETE", "url": ""}).body == "none"


def test_it_expects_graphql_to_tell_of_errors_its_own_way() -> None:
    read = read_definition({"graphql": "{ viewer { id } }"})
    assert (read.error_when, read.error_message) == ("errors", "errors[0].message")
    assert read_definition({"graphql": "{ a }", "error_when": "failed"}).error_when == "failed"


def test_it_reads_steps_and_lets_them_take_over_how_failures_look() -> None:
    steps = [{"id": "one", "url": "/a"}, {"id": "two", "method": "GET", "url_from": "one.url", "error_when": "no"}]
    one, two = read_definition({"connector": "slack", "error_when": "!ok", "steps": steps}).steps
    assert (one.request.error_when, two.request.error_when) == ("!ok", "no")
    assert (one.request.is_harmless, two.request.is_harmless) == (False, True)
    assert (two.request.url, two.url_from) == ("", "one.url")


def test_it_knows_what_may_be_sent_twice() -> None:
    assert read_definition({"method": "PUT", "url": ""}).is_repeatable
    assert read_definition({"url": "", "idempotency_header": "Idempotency-Key"}).is_repeatable
    assert not read_definition({"url": ""}).is_repeatable
    get, post = {"id": "a", "method": "GET"}, {"id": "b", "method": "POST"}
    assert read_definition({"steps": [get]}).is_repeatable
    assert not read_definition({"steps": [get, post]}).is_repeatable
