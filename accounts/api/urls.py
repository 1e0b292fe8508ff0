from django.urls import path

from accounts.api.agents import AgentsView, AgentView
from accounts.api.audit import AuditView
from accounts.api.keys import AgentKeysView, KeysView, KeyView, RevokeKeyView, RotateKeyView
from accounts.api.people import PeopleView, PersonView
from accounts.api.tenant import OwnTenantView

urlpatterns = [
    path("agents/", AgentsView.as_view(), name="agents"),
    path("agents/<slug:slug>/", AgentView.as_view(), name="agent"),
    path("agents/<slug:slug>/keys/", AgentKeysView.as_view(), name="agent-keys"),
    path("keys/", KeysView.as_view(), name="keys"),
    path("keys/<uuid:key_id>/", KeyView.as_view(), name="key"),
    path("keys/<uuid:key_id>/rotate/", RotateKeyView.as_view(), name="key-rotate"),
    path("keys/<uuid:key_id>/revoke/", RevokeKeyView.as_view(), name="key-revoke"),
    path("people/", PeopleView.as_view(), name="people"),
    path("people/<uuid:person_id>/", PersonView.as_view(), name="person"),
    path("tenant/", OwnTenantView.as_view(), name="tenant"),
    path("audit/", AuditView.as_view(), name="audit"),
]
