"""`manage.py verify_audit`: is the audit trail as it was written?"""

import argparse
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Tenant
from accounts.sealing import GENESIS, Head
from accounts.tenancy import platform
from accounts.verify import chains, verify_chain

PLATFORM = "platform"


def _head(text: str) -> Head:
    sequence, _, seal = text.partition(":")
    try:
        head = Head(sequence=int(sequence), seal=bytes.fromhex(seal))
    except ValueError:
        head = GENESIS
    if head.sequence < 1 or len(head.seal) != len(GENESIS.seal):
        raise argparse.ArgumentTypeError(f"`{text}` is no head. Give it as verify_audit prints it: SEQUENCE:SEAL.")
    return head


class Command(BaseCommand):
    help = (
        "Computes every seal of the audit trail again and names the first entry of each tenant that was changed, "
        "removed, put in or moved. Exits with 1 when there is one. Keep the heads that it prints somewhere else: "
        "with --expect-head a later run shows that the trail still holds them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--tenant", help="A slug or id, or `platform` for what belongs to no tenant; all if left out."
        )
        parser.add_argument(
            "--expect-head", type=_head, default=GENESIS, help="SEQUENCE:SEAL, as an earlier run printed it."
        )

    def handle(self, *args: Any, tenant: str | None, expect_head: Head, **options: Any) -> None:
        if tenant is None and expect_head != GENESIS:
            raise CommandError("A head belongs to one chain. Name it with --tenant.")
        names = _names()
        chosen = chains() if tenant is None else [_chosen(tenant, names)]
        damaged = [
            name for chain in chosen if not self._verify(chain, name := names.get(chain, str(chain)), expect_head)
        ]
        if damaged:
            raise CommandError(f"The audit trail is damaged: {', '.join(damaged)}.")

    def _verify(self, tenant_id: UUID | None, name: str, expected: Head) -> bool:
        verdict = verify_chain(tenant_id=tenant_id, expected=expected)
        if verdict.damage is not None:
            self.stdout.write(f"{name}: DAMAGED at entry {verdict.damage.sequence}. {verdict.damage.sentence}")
            return False
        self.stdout.write(
            f"{name}: {verdict.head.sequence} entries sealed and unbroken, {verdict.unsealed} not sealed yet. "
            f"Head {verdict.head}"
        )
        return True


def _names() -> dict[UUID | None, str]:
    with platform():
        return {None: PLATFORM, **dict(Tenant.objects.values_list("id", "slug"))}


def _chosen(tenant: str, names: dict[UUID | None, str]) -> UUID | None:
    found = [chain for chain in chains() if tenant in (names.get(chain), str(chain))]
    if not found:
        raise CommandError(f"There is no tenant `{tenant}`. Give a slug or id, or `{PLATFORM}`.")
    return found[0]
