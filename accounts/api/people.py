"""`people/`: wire only. A password goes in and never comes out."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.serializers import StrictSerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.errors import NotFound
from accounts.models import Person, Tenant
from accounts.people import change_person, create_person
from accounts.roles import Right, Role


class PersonSerializer(serializers.Serializer[Person]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    is_active = serializers.BooleanField()
    is_platform_owner = serializers.BooleanField()
    last_login = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class _PersonFields(StrictSerializer):
    name = serializers.CharField(max_length=200, allow_blank=True, required=False)
    password = serializers.CharField(
        max_length=128,
        trim_whitespace=False,
        allow_null=True,
        required=False,
        help_text="Null, or left out of a new person: nobody signs in until one is set.",
    )


class NewPersonSerializer(_PersonFields):
    email = serializers.EmailField(max_length=254, help_text="What the person signs in with.")
    role = serializers.ChoiceField(choices=Role.choices, default=Role.VIEWER, help_text="At most your own.")


class PersonChangesSerializer(_PersonFields):
    role = serializers.ChoiceField(choices=Role.choices, required=False, help_text="At most your own.")
    is_active = serializers.BooleanField(required=False, help_text="False shuts the person out at once.")


class PeopleView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.PEOPLE, "post": Right.PEOPLE}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": PageQuery}

    @extend_schema(responses=paged(PersonSerializer))
    def get(self, request: Request, caller: Caller) -> Response:
        """The tenant's people, newest first."""
        return page(Person.objects.all(), represent_person, request=request, view=self)

    @extend_schema(request=NewPersonSerializer, responses={201: PersonSerializer})
    def post(self, request: Request, caller: Caller) -> Response:
        """Give somebody a role in the tenant."""
        wanted = {"password": None} | NewPersonSerializer.read(request.data)
        person = create_person(tenant=Tenant.objects.get(id=caller.tenant_id), by=caller, **wanted)
        return Response(represent_person(person), status=201)


class PersonView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.PEOPLE, "patch": Right.PEOPLE}

    @extend_schema(responses=PersonSerializer)
    def get(self, request: Request, caller: Caller, person_id: UUID) -> Response:
        """One person."""
        return Response(represent_person(_find(person_id)))

    @extend_schema(request=PersonChangesSerializer, responses=PersonSerializer)
    def patch(self, request: Request, caller: Caller, person_id: UUID) -> Response:
        """Change a person. The tenant's last active owner stays one."""
        changes = PersonChangesSerializer.read(request.data)
        return Response(represent_person(change_person(person=_find(person_id), by=caller, changes=changes)))


def represent_person(person: Person) -> dict[str, Any]:
    return PersonSerializer(person).data


def _find(person_id: UUID) -> Person:
    person = Person.objects.filter(id=person_id).first()
    if person is None:
        raise NotFound("There is no such person. `GET /api/v1/people/` lists those that there are.")
    return person
