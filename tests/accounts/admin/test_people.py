import pytest

from accounts.models import AuditEntry, Person, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from tests.browsing import Browse, address_of, list_of, text_of
from tests.cast import make_person

pytestmark = pytest.mark.django_db

ADD = "/admin/accounts/person/add/"


def now(person: Person) -> Person:
    with within(person.tenant_id):
        return Person.objects.get(id=person.id)


def link_in(page: str) -> str:
    return "/admin/invitation/" + page.partition("/admin/invitation/")[2].partition("<")[0]


def test_it_lists_people_without_their_passwords(browse: Browse, alice: Person, bob: Person) -> None:
    with within(alice.tenant_id):
        bob.set_password("long enough, bob")
        bob.save()
    page = browse(alice).page(list_of(Person))
    assert "bob@acme.example" in page
    assert "pbkdf2" not in page
    assert bob.password not in browse(alice).page(address_of(bob))


@pytest.mark.parametrize(("state", "found"), [("active", "bob"), ("invited", "vera"), ("shut_out", "dora")])
def test_it_tells_who_is_active_invited_and_shut_out(
    browse: Browse, alice: Person, bob: Person, vera: Person, state: str, found: str
) -> None:
    with within(alice.tenant_id):
        bob.set_password("long enough, bob")
        bob.save()
        dora = make_person(alice.tenant, "dora", Role.VIEWER)
        Person.objects.filter(id=dora.id).update(is_active=False)
    page = browse(alice).page(list_of(Person), {"state": state, "q": "acme.example"})
    assert [name for name in ("bob", "vera", "dora") if f"{name}@acme.example" in page] == [found]


def test_it_invites_somebody_with_a_link_to_hand_over(browse: Browse, alice: Person, acme: Tenant) -> None:
    answer = browse(alice).post(ADD, {"email": "Zoe@acme.example", "name": "Zoe", "role": "operator"})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    with within(acme.id):
        zoe = Person.objects.get(email="zoe@acme.example")
        assert (zoe.name, zoe.role, zoe.has_usable_password()) == ("Zoe", "operator", False)
    assert f"/admin/invitation/{zoe.id}/" in link_in(text_of(answer))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"email": "alice@acme.example"}, "There is a person with this address already."),
        ({"email": "nobody"}, "Enter a valid email address."),
        ({"email": ""}, "This field is required."),
        ({"email": "zoe@acme.example", "role": "emperor"}, "Select a valid choice."),
    ],
)
def test_it_says_why_somebody_cannot_be_invited(
    browse: Browse, alice: Person, fields: dict[str, str], said: str
) -> None:
    assert said in browse(alice).refused(ADD, {"role": "viewer", **fields})
    with within(alice.tenant_id):
        assert Person.objects.count() == 1


def test_it_lets_an_admin_make_no_owner(browse: Browse, acme: Tenant, alice: Person) -> None:
    admin = make_person(acme, "adam", Role.ADMIN)
    said = browse(admin).refused(ADD, {"email": "zoe@acme.example", "role": "owner"})
    assert "the role <code>owner</code> is above it" in said
    assert "above it" in browse(admin).refused(address_of(alice, "shut-out"))
    with within(acme.id):
        assert Person.objects.filter(role=Role.OWNER, is_active=True).count() == 1


def test_it_changes_name_and_role(browse: Browse, alice: Person, bob: Person) -> None:
    browse(alice).done(address_of(bob, "edit"), {"name": "Robert", "role": "viewer"})
    assert (now(bob).name, now(bob).role) == ("Robert", "viewer")


def test_it_keeps_the_last_owner(browse: Browse, alice: Person) -> None:
    said = browse(alice).refused(address_of(alice, "edit"), {"name": "Alice", "role": "viewer"})
    assert "The tenant would be left without an active owner." in said
    assert now(alice).role == Role.OWNER


def test_it_shuts_somebody_out_and_lets_them_in_again(browse: Browse, alice: Person, bob: Person) -> None:
    theirs, visitor = browse(bob), browse(alice)
    assert "They are signed out" in visitor.page(address_of(bob, "shut-out"))
    assert "Bob is shut out." in visitor.done(address_of(bob, "shut-out"))
    assert theirs.get("/admin/registry/tool/").status_code == 302
    assert "can sign in again" in visitor.page(address_of(bob, "let-in"))
    assert "Bob can sign in again." in visitor.done(address_of(bob, "let-in"))
    assert now(bob).is_active
    with within(alice.tenant_id):
        assert AuditEntry.objects.filter(action="person.changed", actor=f"person:{alice.id}").count() == 2


def test_it_makes_a_new_password_link(browse: Browse, alice: Person, bob: Person) -> None:
    visitor = browse(alice)
    assert "Until then the old one goes on working" in visitor.page(address_of(bob, "new-link"))
    answer = visitor.post(address_of(bob, "new-link"))
    assert f"/admin/invitation/{bob.id}/" in text_of(answer)


def test_it_makes_no_link_into_an_account_above_ones_own(browse: Browse, acme: Tenant, alice: Person) -> None:
    admin = make_person(acme, "adam", Role.ADMIN)
    assert "/admin/invitation/" not in browse(admin).refused(address_of(alice, "new-link"))


def test_it_makes_no_link_into_the_platform_owners_account(browse: Browse, acme: Tenant, alice: Person) -> None:
    olga = make_person(acme, "olga", Role.OWNER, is_platform_owner=True)
    assert "This person runs the installation." in browse(alice).refused(address_of(olga, "new-link"))


@pytest.mark.parametrize("who", ["bob", "vera"])
def test_it_shows_people_only_to_those_who_manage_them(
    browse: Browse, bob: Person, vera: Person, alice: Person, who: str
) -> None:
    visitor = browse({"bob": bob, "vera": vera}[who])
    assert visitor.get(list_of(Person)).status_code == 403
    assert visitor.get(address_of(alice)).status_code == 403
    assert visitor.post(ADD, {"email": "zoe@acme.example", "role": "viewer"}).status_code == 403
    assert visitor.post(address_of(alice, "shut-out")).status_code == 403
    assert now(alice).is_active


# --- The link ---


@pytest.fixture
def link(browse: Browse, alice: Person, bob: Person) -> str:
    return link_in(text_of(browse(alice).post(address_of(bob, "new-link"))))


def test_it_lets_the_invited_set_a_password_and_sign_in(browse: Browse, link: str, bob: Person) -> None:
    stranger = browse(None)
    assert "Set a password for <strong>bob@acme.example</strong>" in stranger.page(link)
    said = stranger.done(link, {"password": "long enough, bob", "again": "long enough, bob"})
    assert "Your password is set. Sign in with it." in said
    signing_in = stranger.post("/admin/login/?next=/admin/", {"username": bob.email, "password": "long enough, bob"})
    assert signing_in.status_code == 302
    with within(bob.tenant_id):
        entry = AuditEntry.objects.get(action="person.changed")
        assert (entry.actor, entry.detail["fields"]) == (f"person:{bob.id}", ["password"])


def test_it_opens_a_link_once(browse: Browse, link: str, bob: Person) -> None:
    stranger = browse(None)
    stranger.done(link, {"password": "long enough, bob", "again": "long enough, bob"})
    answer = stranger.post(link, {"password": "another, bob", "again": "another, bob"})
    assert answer.status_code == 404
    assert "This link is used up or has expired." in text_of(answer)
    assert now(bob).check_password("long enough, bob")


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("12345678", "12345678", "This password is too common."),
        ("short", "short", "This password is too short."),
        ("bob@acme.example", "bob@acme.example", "The password is too similar to the"),
        ("long enough, bob", "long enough, rob", "This is not the same as above."),
        ("", "", "This field is required."),
    ],
)
def test_it_says_why_a_password_will_not_do(
    browse: Browse, link: str, bob: Person, password: str, again: str, said: str
) -> None:
    assert said in browse(None).refused(link, {"password": password, "again": again})
    assert not now(bob).has_usable_password()


def test_it_opens_no_made_up_link(browse: Browse, bob: Person, alice: Person, link: str) -> None:
    stranger = browse(None)
    token = link.strip("/").rpartition("/")[2]
    for made_up in (f"/admin/invitation/{bob.id}/abc-def/", f"/admin/invitation/{alice.id}/{token}/"):
        assert stranger.get(made_up).status_code == 404


def test_it_opens_no_link_for_somebody_shut_out(browse: Browse, link: str, alice: Person, bob: Person) -> None:
    browse(alice).done(address_of(bob, "shut-out"))
    assert browse(None).get(link).status_code == 404


# --- One's own password ---


@pytest.fixture
def known_bob(bob: Person) -> Person:
    with within(bob.tenant_id):
        bob.set_password("long enough, bob")
        bob.save()
    return bob


def test_it_changes_ones_own_password(browse: Browse, known_bob: Person) -> None:
    here, elsewhere = browse(known_bob), browse(known_bob)
    assert "Current password" in here.page("/admin/password_change/")
    fields = {"current": "long enough, bob", "password": "longer than ever", "again": "longer than ever"}
    assert here.post("/admin/password_change/", fields).status_code == 302
    assert now(known_bob).check_password("longer than ever")
    assert here.get("/admin/registry/tool/").status_code == 200
    assert elsewhere.get("/admin/registry/tool/").status_code == 302


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"current": "wrong"}, "This is not your current password."),
        ({"password": "12345678", "again": "12345678"}, "This password is too common."),
        ({"again": "something else"}, "This is not the same as above."),
    ],
)
def test_it_says_why_ones_own_password_is_not_changed(
    browse: Browse, known_bob: Person, fields: dict[str, str], said: str
) -> None:
    usual = {"current": "long enough, bob", "password": "longer than ever", "again": "longer than ever"}
    assert said in browse(known_bob).refused("/admin/password_change/", usual | fields)
    assert now(known_bob).check_password("long enough, bob")


def test_it_changes_the_platform_owners_password_wherever_they_look(
    browse: Browse, platform_owner: Person, acme: Tenant
) -> None:
    with within(platform_owner.tenant_id):
        platform_owner.set_password("long enough, olga")
        platform_owner.save()
    visitor = browse(platform_owner)
    visitor.post("/admin/tenant/", {"tenant": str(acme.id)})
    fields = {"current": "long enough, olga", "password": "longer than ever", "again": "longer than ever"}
    assert visitor.post("/admin/password_change/", fields).status_code == 302
    assert now(platform_owner).check_password("longer than ever")
