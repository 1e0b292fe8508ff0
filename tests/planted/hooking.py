"""Webhooks: senders that repeat the secret they sign with and the address they post to; agents and receivers, too."""

import hashlib
import hmac
import json
import re
from typing import Any
from urllib.parse import quote

from accounts.tenancy import within
from tests.browsing import Visitor
from tests.integrations.egress.upstreams import Peer
from tests.patience import until
from tests.planted.day import Day
from tests.planted.echoes import ENCODINGS
from tests.planted.plants import NO_FORMAT, ONE_EACH
from tests.webhooks.rows import route_next
from tests.webhooks.sending import post
from webhooks.models import WebhookDelivery, WebhookEvent, WebhookRun, WebhookSource
from webhooks.models.event import Routing
from webhooks.sources.address import path_of, token_of
from webhooks.wake import wake_queue

SECRETS = NO_FORMAT
PLACES = {"event_id_at": "told.id", "event_type_at": "told.type"}
KEPT_LETTERS = 2_000
CALL = {"account": 7, "status": "200", "dress": "json", "note": "{{ body.told.note }}"}


def is_told_there(place: str, name: str) -> bool:
    """A source's address, which is told to who may change the source; here everybody may."""
    return name.startswith("token of ") and ("/webhooksource/" in place or "webhook-sources/" in place)


def senders(day: Day) -> None:
    """They repeat it in what is shown of an event, each encoding of two; some are not believed."""
    for number, (name, secret) in enumerate(SECRETS.items()):
        slug, calls = f"hmac-{_slug(name)}", {"input": CALL, "end_user": "body.who", "ordered_by": "body.told.id"}
        day.post("webhook-sources/", {"slug": slug, "scheme": "github", "secret": secret, **PLACES})
        day.post("webhook-routes/", {"slug": slug, "source": slug, "tool": "echo-echo", "schedule": [0], **calls})
        path = _path_to(day, slug)
        for encode in list(ENCODINGS.values())[number % 3 :: 3]:
            _told(day, path, secret, encode(secret))
        _told(day, path, secret, path, who=secret)
        _told(day, path, "another one", f"{secret} {path}")
    until(lambda: _routed(day), seconds=60)


def _told(day: Day, path: str, key: str, words: str, who: str = "") -> None:
    day.connect(ONE_EACH[0])
    told = {"id": f"e {words}", "type": f"paid {words}", "note": words}
    body = json.dumps({"who": who or ONE_EACH[0].end_user, "told": told}).encode()
    signature = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    latin = words.encode().decode("latin-1")
    headers = [
        ("content-type", f"application/json; note={latin}"),
        ("x-hub-signature-256", f"sha256={signature}"),
        ("x-echo", latin),
    ]
    _posted(day, path, body, headers)


def tokens(day: Day) -> None:
    """What is sent is the secret itself; or it stands where nobody expects it."""
    for name, secret in SECRETS.items():
        slug, settings = f"token-{_slug(name)}", {"header": "X-Shared"}
        facts = {"slug": slug, "scheme": "generic-token", "settings": settings, "secret": secret, **PLACES}
        day.post("webhook-sources/", facts)
        body = json.dumps({"told": {"id": secret, "type": secret, "note": secret}}).encode()
        for header in ("x-shared", "x-wrong"):
            latin = secret.encode().decode("latin-1")
            _posted(day, _path_to(day, slug), body, [("content-type", "application/json"), (header, latin)])


def agents(day: Day) -> None:
    """They fetch what repeats a secret, and repeat it in what they say of it."""
    for name, secret in SECRETS.items():
        slug = f"agent-{_slug(name)}"
        day.post("webhook-sources/", {"slug": slug, "scheme": "github", "secret": secret, **PLACES})
        day.post("webhook-routes/", {"slug": slug, "source": slug, "target": "agent", "agent": "scout"})
        for verb, said in (
            ("done", {"result": {"note": secret}}),
            ("failed", {"detail": f"No {secret}", "retry": False}),
        ):
            _told(day, _path_to(day, slug), secret, f"{secret} {verb}")
            work = day.corridor.get("webhook-events/next/?wait_ms=20000").json()
            day.post(f"webhook-runs/{work['run']}/{verb}/", said)


def on_pages(day: Day) -> None:
    alice = Visitor(day.alice)
    for name, secret in SECRETS.items():
        with within(day.acme.id):
            source = WebhookSource.objects.get(slug=f"hmac-{_slug(name)}")
        address = f"/admin/webhooks/webhooksource/{source.id}/"
        day.shown.add("page", alice.post(f"{address}add-secret/", {"secret": secret}).content)
        day.shown.add("page", alice.get(address).content)


def receivers(day: Day) -> None:
    """They repeat the signature and what it was made with, also where what is kept of an answer ends."""
    for number, (name, encode) in enumerate(ENCODINGS.items()):
        slug = f"ops-{number}"
        facts = {"slug": slug, "url": day.echo.url("/revoke"), "event_types": ["key.created"]}
        made = day.corridor.post("webhook-subscriptions/", facts)
        rotated = day.corridor.post(f"webhook-subscriptions/{slug}/rotate-secret/", {})
        mine = [answer.json()["secret"] for answer in (made, rotated)]
        day.secrets |= {f"signs {name} {at}": secret for at, secret in enumerate(mine)}
        words = " ".join(encode(form) for secret in mine for form in (secret, secret.removeprefix("whsec_")))

        def repeat(peer: Peer, words: str = words, last: str = mine[1], cut: int = 5 * number) -> bool:
            [signature] = re.findall(r"(?im)^webhook-signature: (.*)$", peer.head)
            day.secrets |= {f"signature {each[:20]}": each[3:] for each in signature.split()}
            body = f"{signature} {words} ".ljust(KEPT_LETTERS - cut, ".") + last
            return peer.answer(body.encode(), "400 Bad Request")

        with day.behaving(revoke=repeat):
            delivery = day.post(f"webhook-subscriptions/{slug}/ping/", {})["id"]
            until(lambda: _ended(day, delivery), seconds=30)  # noqa: B023


def addresses(day: Day) -> None:
    """A receiver's address with a secret in it is refused without being repeated."""
    for name, secret in SECRETS.items():
        for url in (f"https://robot:{secret}@hooks.example/", f"https://hooks.example/?token={quote(secret)}"):
            order = {"slug": f"odd-{_slug(name)}", "url": url, "event_types": ["key.created"]}
            told = day.post("webhook-subscriptions/", order)
            assert [fault["path"] for fault in told["errors"]] == ["$.url"], told


def _posted(day: Day, path: str, body: bytes, headers: list[tuple[str, str]]) -> None:
    told = day.corridor.loop.run(post(path, body, headers, query="note=1"))
    day.shown.add("answer of the door", told.body)


def _slug(name: str) -> str:
    return name.replace(" ", "-")


def _path_to(day: Day, slug: str) -> str:
    with within(day.acme.id):
        token = token_of(WebhookSource.objects.get(slug=slug))
    day.secrets[f"token of {slug}"] = token
    return path_of(token)


def _routed(day: Day) -> bool:
    """What keeps an order waits for the schedule, which is here."""
    route_next()
    wake_queue()
    with within(day.acme.id):
        waits = WebhookEvent.objects.filter(routing=Routing.WAITING).exists()
        return not waits and not WebhookRun.objects.filter(status__in=("waiting", "running")).exists()


def _ended(day: Day, delivery: str) -> bool:
    with within(day.acme.id):
        return WebhookDelivery.objects.filter(id=delivery, status__in=("succeeded", "dead")).exists()


HAPPENS: dict[str, Any] = {
    "senders of webhooks": senders,
    "senders that show a token": tokens,
    "agents that fetch events": agents,
    "secrets of sources on pages": on_pages,
    "receivers of deliveries": receivers,
    "addresses of receivers": addresses,
}
