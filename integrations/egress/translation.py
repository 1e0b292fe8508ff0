"""The one place where what aiohttp, requests and the sockets raise becomes one of our errors."""

import http.client
import ssl

import aiohttp
import requests
import urllib3

from integrations.errors import UpstreamBroken, UpstreamFailure, UpstreamTimeout, UpstreamUnreachable

LOWER_ERRORS = (
    aiohttp.ClientError,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
)
_TIMEOUTS = (TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError)
_TLS = (ssl.SSLError, requests.exceptions.SSLError, urllib3.exceptions.SSLError)


class LowerError(Exception):
    """What a lower library raised, by its name: its words may quote the URL and the answer, and are not repeated."""

    def __init__(self, error: Exception) -> None:
        self.kind = type(error)
        reason = error.strerror if isinstance(error, OSError) else None
        super().__init__(": ".join(filter(None, (f"{self.kind.__module__}.{self.kind.__qualname__}", reason))))


def is_caused_by(failure: UpstreamFailure, *kinds: type[Exception]) -> bool:
    return isinstance(failure.__cause__, LowerError) and issubclass(failure.__cause__.kind, kinds)


def translated(error: Exception, *, sent: bool) -> UpstreamFailure:
    """Our word for a lower library's error. `sent`: whether anything of the request may have left.

    To be raised from `LowerError`, so that no log quotes what must not be told.
    """
    if isinstance(error, _TIMEOUTS):
        return UpstreamTimeout(sent=sent)
    if sent:
        return UpstreamBroken()
    if isinstance(error, _TLS):
        return UpstreamUnreachable(
            "No trusted TLS connection to the service could be made. Check its certificate and the host's name.",
            sent=False,
        )
    return UpstreamUnreachable(sent=False)
