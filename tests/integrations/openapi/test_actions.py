import pytest

from tests.integrations.openapi.described import action_of, body, converted, skipped

OAUTH = {
    "type": "oauth2",
    "flows": {
        "authorizationCode": {
            "authorizationUrl": "https://a.example.com/o",
            "tokenUrl": "https://a.example.com/t",
            "scopes": {"read": "Read."},
        }
    },
}


def test_it_makes_an_action_of_an_operation() -> None:
    operation = {
        "operationId": "listParcels",
        "summary": "List parcels",
        "description": "Gives all parcels of an account, newest first. <b>Paged.</b>",
        "tags": ["Parcels"],
        "parameters": [{"name": "limit", "in": "query", "description": "How many.", "schema": {"type": "integer"}}],
        "responses": {"default": {"description": "Whatever."}},
        "x-internal": True,
    }
    assert action_of(operation) == {
        "name": "List parcels",
        "description": "List parcels. Gives all parcels of an account, newest first. Paged.",
        "call": "GET /parcels",
        "parameters": {"limit": {"type": "integer", "description": "How many.", "in": "query"}},
        "tags": ["Parcels"],
    }


def test_it_describes_what_nobody_described_by_its_call() -> None:
    assert action_of({}) == {"description": "GET /parcels.", "call": "GET /parcels"}


def test_it_keeps_descriptions_short() -> None:
    action = action_of({"description": "A sentence of some length about parcels. " * 50})
    assert len(action["description"]) <= 300
    assert action["description"].endswith("parcels.")


def test_it_marks_what_is_deprecated() -> None:
    result = converted({"/parcels": {"get": {"deprecated": True, "summary": "List parcels"}}})
    action = result.document["actions"]["get-parcels"]
    assert action["description"] == "Deprecated. List parcels."
    assert action["tags"] == ["deprecated"]
    assert result.report.deprecated == ["get-parcels"]


@pytest.mark.parametrize(
    ("path", "call", "query"),
    [
        ("/a?kind=x&y", "GET /a", {"kind": "x"}),
        ("/#Action=List", "GET /", {"Action": "List"}),
        ("a/b", "GET /a/b", {}),
        ("/a/{id:[0-9]+}/{rest+}", "GET /a/{id}/{rest}", {}),
        ("/v1/{+name}", "GET /v1/{name}", {}),
        ("/v1/{user-id}:stop", "GET /v1/{user-id}:stop", {}),
        ("/a/{filter[id]}", "GET /a/{filter_id}", {}),
    ],
)
def test_it_reads_paths_as_vendors_write_them(path: str, call: str, query: dict[str, str]) -> None:
    action = action_of({}, path=path)
    assert (action["call"], action.get("query", {})) == (call, query)


@pytest.mark.parametrize("path", ["/a/{}", "/a/{b", "/a b", "/a/../b", "/a\\b"])
def test_it_skips_what_has_no_path(path: str) -> None:
    assert skipped({}, path=path)[0] == "malformed"


@pytest.mark.parametrize("method", ["options", "trace"])
def test_it_skips_what_no_tool_calls(method: str) -> None:
    assert skipped({}, method=method) == ("method", f"{method.upper()} is nothing that a tool calls.")


def test_it_says_what_an_operation_requires_of_a_connection() -> None:
    components = {"securitySchemes": {"main": OAUTH, "key": {"type": "apiKey", "in": "query", "name": "k"}}}
    result = converted(
        {
            "/a": {"get": {"security": [{"key": []}, {"main": ["read"]}]}},
            "/b": {"get": {"security": [{"main": ["write"]}]}},
            "/c": {"get": {"security": [{"main": ["read"]}, {"main": ["write"]}]}},
            "/d": {"get": {}},
            "/e": {"get": {"security": []}},
        },
        components=components,
        security=[{"main": ["read"]}],
    )
    scopes = {slug: action.get("scopes", []) for slug, action in result.document["actions"].items()}
    assert scopes == {"get-a": ["read"], "get-b": ["write"], "get-c": [], "get-d": ["read"], "get-e": []}
    assert result.document["connector"]["auth"]["main"]["scopes"] == {"write": "", "read": "Read."}


@pytest.mark.parametrize(
    ("servers", "call"),
    [
        ([{"url": "https://uploads.parcels.example.com/v1"}], "POST https://uploads.parcels.example.com/v1/parcels"),
        ([{"url": "https://api.parcels.example.com/v1/"}], "POST /parcels"),
        ([{"url": "https://10.0.0.1"}], "POST /parcels"),
        ([{"url": "http://uploads.parcels.example.com"}], "POST /parcels"),
        ([{"url": "https://{region}.parcels.example.com"}], "POST /parcels"),
        ([], "POST /parcels"),
    ],
)
def test_it_sends_an_operation_to_a_server_of_its_own(servers: list[dict[str, str]], call: str) -> None:
    servers = [{"url": one["url"].replace("parcels.example.com", "parcels.com")} for one in servers]
    result = converted({"/parcels": {"post": {"servers": servers}}}, servers=[{"url": "https://api.parcels.com/v1"}])
    assert result.document["actions"]["post-parcels"]["call"] == call.replace("parcels.example.com", "parcels.com")
    assert result.document["connector"].get("hosts", []) == (["uploads.parcels.com"] if "//" in call else [])


def test_it_describes_alternatives_that_no_schema_can_say() -> None:
    either = {"oneOf": [{"properties": {"a": {}}, "required": ["a"]}, {"properties": {"b": {}}, "required": ["b"]}]}
    assert action_of(body(either), method="post")["description"] == "POST /parcels. Give either: a; or: b."
