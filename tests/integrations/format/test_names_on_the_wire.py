from tests.integrations.format.samples import read_action


def test_it_does_not_require_what_is_only_called_like_a_part_of_the_path() -> None:
    parameters = {"id": {"type": "string"}, "id_body": {"type": "string", "as": "id", "in": "body"}}
    action = read_action(call="POST /parcels/{id}", parameters=parameters)
    assert action.input_schema["required"] == ["id"]
    assert (action.definition["path"], action.definition["body"]) == ({"id": "id"}, {"id": "id_body"})


def test_it_lets_the_fields_of_an_object_be_parameters_of_the_query() -> None:
    parameters = {"filter": {"type": "object", "style": "form", "in": "query"}}
    action = read_action(call="GET /parcels", parameters=parameters)
    assert action.definition["styles"] == {"query": {"filter": "form"}}
