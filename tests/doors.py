"""The API's door as tests use it: JSON with a key, paths from /api/v1/ on."""

import json
from typing import TYPE_CHECKING, Any, TypeAlias

from django.test import AsyncClient, Client

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedASGIResponse, _MonkeyPatchedWSGIResponse

Json: TypeAlias = Any

Answer: TypeAlias = "_MonkeyPatchedWSGIResponse"
AsyncAnswer: TypeAlias = "_MonkeyPatchedASGIResponse"

ROOT = "/api/v1/"


def _url(path: str) -> str:
    return path if path.startswith("/") else ROOT + path


def _body(body: Json) -> bytes:
    """Bytes are sent as they are, so that a test can send what is no JSON."""
    return body if isinstance(body, bytes) else json.dumps(body).encode()


class Api:
    """`api.post("agents/", {"slug": "scout"})`; further keywords are headers, as in `idempotency_key="…"`."""

    def __init__(self, key: str | None, client: Client | None = None) -> None:
        self.key = key
        self.client = client or Client()

    def as_(self, key: str | None) -> "Api":
        return Api(key, self.client)

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> Answer:
        return self.client.get(_url(path), query or {}, headers=_headers(self.key, headers))

    def post(self, path: str, body: Json = None, **headers: str) -> Answer:
        return self._send("POST", path, body, headers)

    def patch(self, path: str, body: Json = None, **headers: str) -> Answer:
        return self._send("PATCH", path, body, headers)

    def put(self, path: str, body: Json = None, **headers: str) -> Answer:
        return self._send("PUT", path, body, headers)

    def delete(self, path: str, **headers: str) -> Answer:
        return self.client.delete(_url(path), headers=_headers(self.key, headers))

    def _send(self, method: str, path: str, body: Json, headers: dict[str, str]) -> Answer:
        content = b"" if body is None else _body(body)
        content_type = headers.pop("content_type", "application/json")
        return self.client.generic(
            method, _url(path), content, content_type=content_type, headers=_headers(self.key, headers)
        )


class AsyncApi:
    """Api's twin over Django's AsyncClient. Headers whose keywords differ only in case are one header, sent twice."""

    def __init__(self, key: str | None) -> None:
        self.key = key
        self.client = AsyncClient()

    def as_(self, key: str | None) -> "AsyncApi":
        return AsyncApi(key)

    async def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> AsyncAnswer:
        return await self.client.get(_url(path), query or {}, headers=_headers(self.key, headers))

    async def post(self, path: str, body: Json = None, **headers: str) -> AsyncAnswer:
        return await self.send("POST", path, body, **headers)

    async def send(self, method: str, path: str, body: Json = None, **headers: str) -> AsyncAnswer:
        content = b"" if body is None else _body(body)
        content_type = headers.pop("content_type", "application/json")
        sent: dict[str, Any] = _headers(self.key, headers)
        return await self.client.generic(method, _url(path), content, content_type=content_type, **sent)


def _headers(key: str | None, more: dict[str, str]) -> dict[str, str]:
    sent = {name.replace("_", "-"): value for name, value in more.items()}
    return sent if key is None else {"Authorization": f"Bearer {key}", **sent}
