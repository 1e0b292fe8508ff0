"""`webhook-schemes/`: how platforms sign, for whoever makes a source. Wire only."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page_of, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.roles import Right
from webhooks.signatures.samples import samples_of
from webhooks.signatures.shelf import all_schemes
from webhooks.signatures.types import Scheme


class SchemeSecretSerializer(serializers.Serializer[Any]):
    title = serializers.CharField()
    hint = serializers.CharField()
    delivered = serializers.BooleanField(help_text="The platform sends it in a handshake: nobody enters it.")


class SchemeSettingSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    hint = serializers.CharField()
    choices = serializers.ListField(child=serializers.CharField(), help_text="Empty: any text.")
    default = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]
    secret = serializers.BooleanField(help_text="It is never shown again.")


class SchemeSerializer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()
    docs = serializers.CharField(help_text="The platform's own page.")
    notes = serializers.CharField(help_text="What to know of it, above all where it is weak.")
    setup = serializers.ListField(child=serializers.CharField(), help_text="`{url}` is the source's address.")
    secret = SchemeSecretSerializer(allow_null=True, help_text="Null: there is none.")
    settings = SchemeSettingSerializer(many=True)
    unsigned = serializers.BooleanField(help_text="Nothing is checked: a source of it has to be declared unsigned.")
    covers_body = serializers.BooleanField(help_text="False: a changed body would not be noticed.")
    samples = serializers.ListField(child=serializers.CharField(), help_text="Names of the test events that there are.")


class SchemesView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": PageQuery}

    @extend_schema(responses=paged(SchemeSerializer))
    def get(self, request: Request, caller: Caller) -> Response:
        """How platforms sign their webhooks, by name."""
        return page_of(all_schemes(), represent_scheme, request=request, query=self.query)


def represent_scheme(scheme: Scheme) -> dict[str, Any]:
    return {
        "slug": scheme.slug,
        "name": scheme.name,
        "docs": scheme.docs,
        "notes": scheme.notes,
        "setup": list(scheme.setup),
        "secret": SchemeSecretSerializer(scheme.secret).data if scheme.secret else None,
        "settings": SchemeSettingSerializer(scheme.settings, many=True).data,
        "unsigned": scheme.unsigned,
        "covers_body": scheme.covers_body,
        "samples": [sample.name for sample in samples_of(scheme.slug)],
    }
