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


def translated(error: Exception, *, sent: bool) -> UpstreamFailure:
    """Our word for a lower library's error. `sent`: whether anything of the request may have left."""
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
