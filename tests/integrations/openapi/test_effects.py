import pytest

from integrations.openapi.effects import effect_of


@pytest.mark.parametrize(
    ("method", "path", "operation_id", "effect"),
    [
        ("get", "/users", "listUsers", ""),
        ("get", "/", "GET_TerminateInstances", "destructive"),
        ("get", "/", "GET_DeleteVolume", "destructive"),
        ("get", "/", "GET_CreateVolume", "write"),
        ("get", "/users.setActive", "", ""),
        ("post", "/users", "createUser", ""),
        ("post", "/users/{id}/delete", "", "destructive"),
        ("post", "/chat.delete", "chat_delete", "destructive"),
        ("post", "/orders/{id}", "cancelOrder", "destructive"),
        ("post", "/crm/contacts/search", "", "read"),
        ("post", "/v1/items:query", "", "read"),
        ("post", "/search/{id}", "", ""),
        ("put", "/users/{id}", "updateUser", ""),
        ("delete", "/users/{id}", "removeUser", ""),
    ],
)
def test_it_believes_names_where_methods_say_too_little(method: str, path: str, operation_id: str, effect: str) -> None:
    assert effect_of(method, path, operation_id) == effect
