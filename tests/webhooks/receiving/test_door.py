import pytest

from accounts.models import Tenant
from tests.corridor import Loop
from tests.webhooks.sending import events_of, make_source, path_to, post, signed


@pytest.mark.django_db(transaction=True)
def test_it_stores_what_it_answers_with_success(acme: Tenant, corridor_loop: Loop) -> None:
    source = make_source(acme)
    body = b'{"action": "opened"}'
    told = corridor_loop.run(post(path_to(source), body, signed(body, event_id="d-1")))
    (event,) = events_of(source)
    assert (told.status, told.json) == (200, {"id": str(event.id)})
    assert (event.status, event.routing, event.external_id, event.event_type) == ("accepted", "waiting", "d-1", "push")
