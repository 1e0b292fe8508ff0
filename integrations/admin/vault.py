"""The vault: whose data key has which version, what wrapped it, and how far a rotation is. No key is ever shown."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.chrome.acts import Act
from accounts.chrome.cells import BAD, GOOD, INFO, MUTE, NOTHING, WARN, ago, badge, mono, two_lines
from accounts.chrome.filters import MenuFilter
from accounts.chrome.forms import ActForm
from accounts.chrome.pages import Empty, caller_behind
from accounts.chrome.platform import PlatformPages
from integrations.models import DataKey, Rekeying, RekeyingState
from integrations.vault.accepted import current_keyring
from integrations.vault.rotate import rotate_data_key, try_again
from integrations.vault.wrapping import KeyringUnusable, key_id_of

SHOWN_ROTATIONS = 10
_TONES = {
    RekeyingState.RUNNING: INFO,
    RekeyingState.SETTLING: INFO,
    RekeyingState.STUCK: BAD,
    RekeyingState.DONE: GOOD,
}


class RotateKey(Act):
    name = "rotate"
    label = "Rotate"
    button = "Make a new data key"
    done = "A new data key seals from now on. What the old one has sealed is being sealed anew."
    icon = "autorenew"

    def offered(self, subject: DataKey) -> bool:
        return _seals(subject) and subject.rekeying is None  # type: ignore[attr-defined]

    def explain(self, subject: DataKey) -> str:
        return (
            f"{subject.tenant} gets version {subject.version + 1} of its data key, which seals from then on. In the "
            "background, what is sealed is sealed anew while calls go on; then the old key is destroyed."
        )

    def perform(self, request: HttpRequest, subject: DataKey, values: dict[str, Any]) -> DataKey:
        begun = rotate_data_key(tenant_id=subject.tenant_id, by=caller_behind(request))
        return DataKey.objects.get(tenant_id=begun.tenant_id, version=begun.to_version)


class GoOnForm(ActForm):
    give_up = forms.BooleanField(
        label="Give up what does not open",
        required=False,
        help_text="It is lost with the old key. Otherwise the old key is kept as long as something does not open.",
    )


class GoOn(Act):
    name = "go-on"
    label = "Go on"
    done = "The rotation goes on."
    icon = "resume"
    form_class = GoOnForm

    def offered(self, subject: DataKey) -> bool:
        return _seals(subject) and subject.rekeying == RekeyingState.STUCK  # type: ignore[attr-defined]

    def explain(self, subject: DataKey) -> str:
        return "Values that the old key has sealed do not open. `vault check` on the console names them."

    def perform(self, request: HttpRequest, subject: DataKey, values: dict[str, Any]) -> DataKey:
        try_again(tenant_id=subject.tenant_id, by=caller_behind(request), give_up=values["give_up"])
        return subject


class StateFilter(MenuFilter):
    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("kept", "Not destroyed"), ("rotated", "Being rotated"), ("destroyed", "Destroyed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DataKey]) -> QuerySet[DataKey]:
        chosen = self.chosen()
        conditions = {
            "kept": Q(destroyed_at=None),
            "rotated": Q(destroyed_at=None, rekeying__isnull=False),
            "destroyed": Q(destroyed_at__isnull=False),
        }
        return queryset.filter(conditions[chosen]) if chosen else queryset


@admin.register(DataKey)
class VaultPages(PlatformPages):
    list_display = ("of_tenant", "number", "state", "rotation", "wrapped_by", "made")
    filters = (StateFilter,)
    search_fields = ("tenant__slug", "tenant__name")
    search_help_text = "Search tenant"
    ordering = ("tenant__slug", "-version")
    change_list_template = "admin/integrations/vault.html"
    detail_template = "admin/integrations/data_key.html"
    empty = Empty("Nothing is sealed yet", "A tenant's data key is made when the first secret is sealed for it.")
    plural = "vault"
    audit_word = ""
    acts = (RotateKey(), GoOn())

    def get_queryset(self, request: HttpRequest) -> QuerySet[DataKey]:
        newest = DataKey.objects.filter(tenant=OuterRef("tenant")).order_by("-version")
        rekeying = Rekeying.objects.unfinished().filter(tenant=OuterRef("tenant"))
        keys: QuerySet[DataKey] = super().get_queryset(request).select_related("tenant")
        return keys.annotate(
            newest=Subquery(newest.values("version")[:1]),
            rekeying=Subquery(rekeying.values("state")[:1]),
            done=Subquery(rekeying.values("done")[:1]),
            total=Subquery(rekeying.values("total")[:1]),
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        shown = _vaults_key() if caller_behind(request).is_platform_owner else {}
        return super().changelist_view(request, {**shown, **(extra_context or {})})

    @admin.display(description="Tenant", ordering="tenant__slug")
    def of_tenant(self, key: DataKey) -> str:
        return two_lines(key.tenant.name, key.tenant.slug)

    @admin.display(description="Version", ordering="version")
    def number(self, key: DataKey) -> str:
        return str(key.version)

    @admin.display(description="State")
    def state(self, key: DataKey) -> SafeString:
        if key.destroyed_at is not None:
            return badge("Destroyed", MUTE)
        return badge("Seals", GOOD) if _seals(key) else badge("Only opens", WARN)

    @admin.display(description="Rotation")
    def rotation(self, key: DataKey) -> SafeString:
        if not _seals(key) or key.rekeying is None:  # type: ignore[attr-defined]
            return NOTHING
        return two_lines(rotation_badge(key.rekeying), f"{key.done:,} of {key.total or 0:,}")  # type: ignore[attr-defined]

    @admin.display(description="Wrapped by")
    def wrapped_by(self, key: DataKey) -> SafeString:
        # Of an ARN the part that tells keys apart.
        return mono(key_id_of(bytes(key.wrapped)).rpartition("/")[2]) if key.destroyed_at is None else NOTHING

    @admin.display(description="Made", ordering="created_at")
    def made(self, key: DataKey) -> SafeString:
        return ago(key.created_at)

    def name_of(self, subject: DataKey) -> str:
        return f"{subject.tenant} {subject}"

    def detail(self, request: HttpRequest, subject: DataKey) -> dict[str, Any]:
        rotations = Rekeying.objects.filter(tenant_id=subject.tenant_id)[:SHOWN_ROTATIONS]
        return {
            "state": self.state(subject),
            "wrapped_by": mono(key_id_of(bytes(subject.wrapped))),
            "rotations": [(each, rotation_badge(each.state)) for each in rotations],
        }


def rotation_badge(state: str) -> SafeString:
    return badge(RekeyingState(state).label, _TONES[RekeyingState(state)])


def _seals(key: DataKey) -> bool:
    return key.destroyed_at is None and key.version == key.newest  # type: ignore[attr-defined]


def _vaults_key() -> dict[str, Any]:
    """Where it is and which it is; or why that cannot be told."""
    try:
        keyring = current_keyring()
        return {"provider": keyring.provider, "key_id": keyring.key_id}
    except KeyringUnusable as error:
        return {"unusable": str(error)}
