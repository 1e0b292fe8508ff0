import pytest

from accounts.chrome import listing
from accounts.models import Agent, Person, Tenant
from accounts.tenancy import within
from tests.browsing import Browse, list_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(acme: Tenant) -> None:
    with within(acme.id):
        Agent.objects.bulk_create([Agent(tenant=acme, slug=f"agent-{number:03}") for number in range(120)])


def test_it_leafs_through_a_long_list(browse: Browse, alice: Person, many: None) -> None:
    visitor = browse(alice)
    first = visitor.page(list_of(Agent))
    assert "1 to 50 of 120" in first
    assert 'rel="next" href="?p=2"' in first
    assert 'rel="prev"' not in first
    second = visitor.page(list_of(Agent), {"p": "2"})
    assert "51 to 100 of 120" in second
    assert 'rel="prev" href="?p=1"' in second
    assert 'rel="next" href="?p=3"' in second
    last = visitor.page(list_of(Agent), {"p": "3"})
    assert "101 to 120 of 120" in last
    assert 'rel="next"' not in last


def test_it_keeps_search_and_filters_while_leafing(browse: Browse, alice: Person, many: None) -> None:
    page = browse(alice).page(list_of(Agent), {"q": "agent", "role": "operator"})
    assert 'rel="next" href="?p=2&q=agent&role=operator"' in page
    assert '<input type="hidden" name="role" value="operator">' in page


def test_it_counts_no_further_than_one_would_leaf(
    browse: Browse, alice: Person, many: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "COUNTED_AT_MOST", 100)
    assert "1 to 50 of more than 100" in browse(alice).page(list_of(Agent))


def test_it_orders_by_a_column_and_back(browse: Browse, alice: Person, many: None) -> None:
    visitor = browse(alice)
    page = visitor.page(list_of(Agent))
    assert 'aria-sort="ascending"' in page
    assert '<a href="?o=-0">Agent</a>' in page
    turned = visitor.page(list_of(Agent), {"o": "-0"})
    assert 'aria-sort="descending"' in turned
    assert '<a href="?o=0">Agent</a>' in turned
    assert "agent-119" in turned
