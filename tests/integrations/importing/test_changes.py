from integrations.importing.changes import changes_between


def test_it_tells_what_came_changed_and_went() -> None:
    before = {"find": {"call": "GET /"}, "lose": {"call": "DELETE /"}, "send": {"call": "POST /"}}
    after = {"find": {"call": "GET /"}, "send": {"call": "PUT /"}, "track": {"call": "GET /track"}}
    assert changes_between(before, after) == {"added": ["track"], "changed": ["send"], "removed": ["lose"]}


def test_it_tells_that_nothing_changed() -> None:
    actions = {"find": {"call": "GET /"}}
    assert changes_between(actions, dict(actions)) == {"added": [], "changed": [], "removed": []}
