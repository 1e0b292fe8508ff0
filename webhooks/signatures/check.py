"""What makes a scheme a safe one, beyond its shape: what it names is there, and what it trusts was signed."""

from collections.abc import Iterable, Iterator, Mapping

from accounts.errors import Fault
from integrations.mapping import check_mapping
from integrations.patterns import BadPattern, read_whole_pattern
from webhooks.signatures.filters import KEYED
from webhooks.signatures.templates import Template
from webhooks.signatures.types import (
    SIGNATURE,
    Challenge,
    Encoding,
    Method,
    Place,
    Scheme,
    Setting,
    Signature,
    Sources,
    When,
)

BUILT_IN = frozenset({"body", "url", "host", "path", "query", "method", "sorted_form"})
SECRET = "secret"  # noqa: S105  the name that stands for it in a template
_WITH_SECRET = frozenset({Method.DIGEST, Method.TOKEN})
_WITH_CERTIFICATE = frozenset({Method.RSA, Method.ECDSA})


def scheme_faults(scheme: Scheme) -> Iterator[Fault]:
    for setting in scheme.settings:
        yield from _setting_faults(setting)
    for number, signature in enumerate(scheme.signatures):
        yield from _signature_faults(scheme, signature, f"$.signatures[{number}]")
    for number, challenge in enumerate(scheme.challenges):
        yield from _challenge_faults(scheme, challenge, f"$.challenges[{number}]")
    yield from _source_faults(scheme.event_id, "$.event.id")
    yield from _source_faults(scheme.event_type, "$.event.type")
    if scheme.secret is None and any(_needs_secret(signature) for signature in scheme.signatures):
        yield Fault("$.secret", "This is missing: it signs with a secret.")


def _setting_faults(setting: Setting) -> Iterator[Fault]:
    path = f"$.settings.{setting.name}"
    if setting.name in BUILT_IN or setting.name == SECRET:
        yield Fault(path, "This name is taken.")
    try:
        read_whole_pattern(setting.pattern or ".*")
    except BadPattern as error:
        yield Fault(f"{path}.pattern", str(error))


def _needs_secret(signature: Signature) -> bool:
    return signature.method is not Method.NONE and signature.certificate is None


def _signature_faults(scheme: Scheme, signature: Signature, path: str) -> Iterator[Fault]:
    yield from _value_faults(signature.values, f"{path}.values")
    yield from _when_faults(signature.when, f"{path}.when")
    yield from check_mapping(f"{path}.each", signature.each)
    if signature.method is Method.NONE:
        return
    if SIGNATURE not in signature.values:
        yield Fault(f"{path}.values.{SIGNATURE}", "This is missing.")
    if not signature.signed:
        yield Fault(f"{path}.signed", "This is missing.")
    secret = {SECRET} if signature.method in _WITH_SECRET else set()
    for template in signature.signed:
        yield from _template_faults(template, {*_known(scheme, signature.values), *secret}, f"{path}.signed")
        if secret and SECRET not in template.names:
            yield Fault(f"{path}.signed", "It holds no `{secret}`, so that anybody could have made it.")
    yield from _named_faults(signature, path)
    yield from _certificate_faults(signature, path)
    if signature.method is not Method.TOKEN and signature.encoding is Encoding.TEXT:
        yield Fault(f"{path}.encoding", "Only tokens are plain text.")


def _named_faults(signature: Signature, path: str) -> Iterator[Fault]:
    """What is trusted for its age, its digest or its being new has to be signed."""
    named = {
        "timestamp": signature.timestamp.value if signature.timestamp else "",
        "body_digest": signature.body_digest.value if signature.body_digest else "",
        "once": signature.once,
    }
    for part, name in named.items():
        if name and name not in signature.values:
            yield Fault(f"{path}.{part}", f"There is no value `{name}`.")
        elif name and not all(_is_signed(signature, name, template) for template in signature.signed):
            yield Fault(f"{path}.{part}", f"`{name}` is not signed, so that anybody could change it.")


def _is_signed(signature: Signature, name: str, template: Template) -> bool:
    holders = {Place.JSON: {"body"}, Place.FORM: {"body", "sorted_form"}, Place.QUERY: {"url", "query"}}
    places = [holders.get(source.place, set()) for source in signature.values[name]]
    return name in template.names or all(holder & template.names for holder in places)


def _certificate_faults(signature: Signature, path: str) -> Iterator[Fault]:
    if signature.certificate is None:
        return
    if signature.method not in _WITH_CERTIFICATE:
        yield Fault(f"{path}.certificate", "Only `rsa` and `ecdsa` have certificates.")
    yield from _source_faults(signature.certificate.url, f"{path}.certificate.url")


def _challenge_faults(scheme: Scheme, challenge: Challenge, path: str) -> Iterator[Fault]:
    yield from _when_faults(challenge.when, f"{path}.when")
    yield from _value_faults(challenge.values, f"{path}.values")
    for template in challenge.reply.templates:
        yield from _template_faults(template, _known(scheme, challenge.values), f"{path}.reply", keyed=True)
    for value, setting in challenge.equals.items():
        if value not in challenge.values:
            yield Fault(f"{path}.equals", f"There is no value `{value}`.")
        if scheme.setting(setting) is None:
            yield Fault(f"{path}.equals.{value}", f"There is no setting `{setting}`.")
    if challenge.keep and challenge.keep not in challenge.values:
        yield Fault(f"{path}.keep", f"There is no value `{challenge.keep}`.")


def _known(scheme: Scheme, values: Iterable[str]) -> set[str]:
    """Names that a template may hold. No setting is secret there: a template is shown."""
    return {*BUILT_IN, *values, *(setting.name for setting in scheme.settings if not setting.secret)} - {SIGNATURE}


def _template_faults(template: Template, known: set[str], path: str, *, keyed: bool = False) -> Iterator[Fault]:
    for blank in template.blanks:
        if blank.name not in known:
            yield Fault(path, f"There is no value `{blank.name}`. There are: {', '.join(sorted(known))}.")
        if not keyed and KEYED.keys() & set(blank.filters):
            yield Fault(path, "Only a reply is signed by a filter.")


def _value_faults(values: Mapping[str, Sources], path: str) -> Iterator[Fault]:
    for name, sources in values.items():
        if name in BUILT_IN or name == SECRET:
            yield Fault(f"{path}.{name}", "This name is taken.")
        yield from _source_faults(sources, f"{path}.{name}")


def _source_faults(sources: Sources, path: str) -> Iterator[Fault]:
    for source in sources:
        if source.place is Place.JSON:
            yield from check_mapping(path, source.name)


def _when_faults(when: When, path: str) -> Iterator[Fault]:
    return iter(check_mapping(f"{path}.json", when.json))
