from tests.integrations.format.samples import faults_in, read_action


def test_it_lets_one_parameter_be_the_whole_body() -> None:
    parameters = {"id": {"type": "string"}, "fields": {"type": "object", "in": "content"}}
    definition = read_action(call="PATCH /parcels/{id}", parameters=parameters).definition
    assert (definition["body"], definition["path"]) == ("fields", {"id": "id"})


def test_it_refuses_a_whole_body_beside_fields_of_it() -> None:
    action = {
        "description": "Send a parcel.",
        "call": "POST /parcels",
        "parameters": {"fields": {"type": "object", "in": "content"}, "to": {"type": "string"}},
    }
    assert faults_in(send=action) == {
        "$.actions.send.parameters.fields": "It is the whole body, so no other parameter can go there."
    }
