"""A vendor as a local server: signs people in, gives tokens, and serves an API to those who bring one.

`Manners` are what real vendors do unlike others. It checks what it is sent as strictly as the strictest of them.
"""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlencode, urlsplit

import pytest

from tests.upstream import QuietServer, Received

CLIENT_ID, CLIENT_SECRET = "acme-app", "s3cret+of/acme="  # signs that a form encodes
API_KEY = "key-0123456789abcdef"


@dataclass(frozen=True)
class Manners:
    wants_basic: bool = False
    """The client proves itself in a header, as Notion and Zoom have it."""
    wants_json: bool = False
    """Requests for tokens are JSON, as Notion has it."""
    wants_pkce: bool = True
    answers_form: bool = False
    """Unless JSON is accepted by name, as GitHub does."""
    answers_ok: bool = False
    """200 and `ok: false` for everything that failed, as Slack and GitHub do."""
    nested: str = ""
    """The token stands below this, as in Slack's `authed_user`."""
    separator: str = " "
    lifetime: int | None = 3600
    refresh_lifetime: int | None = None
    """Told beside the token, as GitHub does."""
    rotates: bool = False
    """Each refresh token is good once, as Microsoft has it."""
    first_consent_only: bool = False
    """A refresh token comes with the first consent of an account only, as Google does."""
    says_scopes: bool = True
    instance: str = ""
    """Where the account lives, as Salesforce tells."""


@dataclass(frozen=True)
class Answer:
    status: int
    value: Any
    content_type: str = "application/json"

    @property
    def body(self) -> bytes:
        return urlencode(self.value).encode() if "form" in self.content_type else json.dumps(self.value).encode()


@dataclass
class Vendor:
    manners: Manners = field(default_factory=Manners)
    received: list[Received] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    access: dict[str, str] = field(default_factory=dict)
    """Tokens that are good, with their account."""
    refresh: dict[str, str] = field(default_factory=dict)
    consented: set[str] = field(default_factory=set)
    revoked: list[str] = field(default_factory=list)
    before_token: Callable[[], object] | None = None
    """Runs in the server's thread before a token is given: it may wait."""
    before_check: Callable[[], object] | None = None
    """The same before `/me` is answered."""
    refusal: Answer | None = None
    """What requests for tokens are answered with instead."""
    check: Answer | None = None
    """What `/me` answers instead."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                answer = vendor.answer(Received(self.command, self.path, dict(self.headers), body))
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_POST = answer  # noqa: N815  the library's names

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
                """Tests print nothing."""

        self._server = QuietServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    # --- What a person in a browser does ---

    def consent(self, url: str, account: str = "ada") -> dict[str, str]:
        """Agree to what one was sent for: the query of the way back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        if self.manners.wants_pkce:
            assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self.codes[code] = {**asked, "account": account}
        return {"code": code, "state": asked["state"]}

    def will_wait(self) -> tuple[threading.Event, threading.Event]:
        """Tokens are given when the test says so: `arrived` is set by the request, `leave` lets it go."""
        arrived, leave = threading.Event(), threading.Event()

        def wait() -> None:
            arrived.set()
            leave.wait(10)

        self.before_token = wait
        return arrived, leave

    def asked(self, path: str) -> list[Received]:
        return [each for each in self.received if urlsplit(each.path).path == path]

    # --- What it answers ---

    def answer(self, received: Received) -> Answer:
        with self._lock:
            self.received.append(received)
        match urlsplit(received.path).path:
            case "/token":
                if self.before_token:
                    self.before_token()
                with self._lock:
                    return self.refusal or self._token(received)
            case "/revoke":
                self.revoked.append(self._said(received)["token"])
                return self.refusal or Answer(200, {})
            case "/login":
                return self._login(received)
            case "/me":
                if self.before_check:
                    self.before_check()
                return self.check or self._me(received)
        return Answer(404, {"error": {"message": "no such thing"}})

    def _said(self, received: Received) -> dict[str, str]:
        if self.manners.wants_json:
            assert received.headers["Content-Type"] == "application/json"
            said: dict[str, str] = received.json
            return said
        assert received.headers["Content-Type"] == "application/x-www-form-urlencoded"
        return dict(parse_qsl(received.body.decode(), strict_parsing=True))

    def _token(self, received: Received) -> Answer:
        said = self._said(received)
        if self._client(received, said) != (CLIENT_ID, CLIENT_SECRET):
            return self._failed("invalid_client", "The client is not known.", 401)
        match said["grant_type"]:
            case "authorization_code":
                return self._by_code(received, said)
            case "refresh_token":
                account = self.refresh.get(said["refresh_token"])
                if account is None:
                    return self._failed("invalid_grant", "Token has been expired or revoked.")
                again = "" if not self.manners.rotates else self._new_refresh(account, instead_of=said["refresh_token"])
                return self._given(received, account, again)
            case _:
                return self._given(received, "machine", "", said.get("scope", ""))

    def _client(self, received: Received, said: dict[str, str]) -> tuple[str, str]:
        if not self.manners.wants_basic:
            return said.get("client_id", ""), said.get("client_secret", "")
        kind, _, value = received.headers.get("Authorization", "").partition(" ")
        assert kind == "Basic"
        assert "client_secret" not in said
        user, _, password = base64.b64decode(value).decode().partition(":")
        return unquote_plus(user), unquote_plus(password)

    def _by_code(self, received: Received, said: dict[str, str]) -> Answer:
        asked = self.codes.pop(said["code"], None)
        if asked is None or asked["redirect_uri"] != said["redirect_uri"]:
            return self._failed("invalid_grant", "The code is not good.")
        if self.manners.wants_pkce:
            challenge = base64.urlsafe_b64encode(hashlib.sha256(said["code_verifier"].encode()).digest())
            assert asked["code_challenge"] == challenge.decode().rstrip("=")
        account = asked["account"]
        is_first = account not in self.consented
        self.consented.add(account)
        gives = self.manners.lifetime is not None and (is_first or not self.manners.first_consent_only)
        return self._given(received, account, self._new_refresh(account) if gives else "", asked.get("scope", ""))

    def _new_refresh(self, account: str, instead_of: str = "") -> str:
        self.refresh.pop(instead_of, None)
        token = f"refresh-{secrets.token_urlsafe(12)}"
        self.refresh[token] = account
        return token

    def _given(self, received: Received, account: str, refresh: str, scope: str = "") -> Answer:
        token = f"access-{secrets.token_urlsafe(12)}"
        self.access[token] = account
        said: dict[str, Any] = {"access_token": token, "token_type": "bearer"}
        said |= {"refresh_token": refresh} if refresh else {}
        said |= {"expires_in": self.manners.lifetime} if self.manners.lifetime else {}
        said |= {"refresh_token_expires_in": self.manners.refresh_lifetime} if self.manners.refresh_lifetime else {}
        said |= {"scope": scope} if scope and self.manners.says_scopes else {}
        if self.manners.nested:
            said = {"ok": True, "access_token": "xoxb-not-this-one", self.manners.nested: said}
        said |= {"instance_url": self.manners.instance} if self.manners.instance else {}
        wants_json = "application/json" in received.headers.get("Accept", "")
        if self.manners.answers_form and not wants_json:
            return Answer(200, said, "application/x-www-form-urlencoded")
        return Answer(200, said)

    def _failed(self, code: str, words: str, status: int = 400) -> Answer:
        if self.manners.answers_ok:
            return Answer(200, {"ok": False, "error": code, "error_description": words})
        return Answer(status, {"error": code, "error_description": words})

    def _me(self, received: Received) -> Answer:
        query = dict(parse_qsl(urlsplit(received.path).query))
        headers = {name.lower(): value for name, value in received.headers.items()}
        key = headers.get("x-api-key") or query.get("key") or headers.get("cookie", "").partition("key=")[2]
        account = "Acme Inc." if key == API_KEY else self.access.get(headers.get("authorization", "")[len("Bearer ") :])
        if account is None:
            words = f"No such credential: {key or headers.get('authorization', 'none')}"
            return Answer(200 if self.manners.answers_ok else 401, {"ok": False, "message": words})
        return Answer(200, {"ok": True, "user": account, "team": "Acme"})

    def _login(self, received: Received) -> Answer:
        if received.json != {"user": "ada", "pass": "pa55-word-of-ada"}:
            return Answer(403, {"message": f"Wrong password {received.json['pass']}"})
        token = f"session-{secrets.token_urlsafe(12)}"
        self.access[token] = "ada"
        return Answer(200, {"data": {"token": token, "ttl": "600"}})


@pytest.fixture
def vendor(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    """Allowed through egress by exact address and port."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # it speaks no TLS
    server = Vendor()
    settings.EGRESS_ALLOW_NETWORKS = [f"127.0.0.1/32:{server.port}"]
    yield server
    server.close()
