"""`manage.py vault …`: changing the vault's keys, and looking whether they open what was sealed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.caller import System
from accounts.errors import QuartermasterError
from accounts.models import Tenant
from accounts.tenancy import platform
from integrations.management import rotating
from integrations.vault.accepted import Accepted, accepted
from integrations.vault.erase import erase_tenant
from integrations.vault.keyring import new_key_file
from integrations.vault.look import Looked, look_at, some_tenants
from integrations.vault.memory import KEPT_SECONDS
from integrations.vault.rewrap import Rewrapping, rewrap_all
from integrations.vault.wrapping import KeyringUnusable

CONSOLE = System("vault")
TOLD_EVERY = 1_000


class Command(BaseCommand):
    help = "Changes the vault's keys, and looks whether they open what was sealed."
    # A new key is made before there is one that the checks could find.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        words = parser.add_subparsers(dest="word", required=True, metavar="WORD")
        new_key = words.add_parser("new-key", help="Make a key file, mode 0600. It never overwrites one.")
        new_key.add_argument("file", type=Path, help="Where it shall be.")
        check = words.add_parser("check", help="Open a value for each version of each tenant's data key. Only reads.")
        check.add_argument("--tenants", type=int, metavar="NUMBER", help="So many, chosen at random; else all.")
        erase = words.add_parser("erase-tenant", help="Destroy a tenant's data keys, for ever, and prove it.")
        erase.add_argument("tenant", help="The tenant's slug.")
        erase.add_argument("--yes", action="store_true", help="That it is meant.")
        words.add_parser("rotate-kek", help="Wrap all data keys with the key that the settings name now.")
        rotate_dek = words.add_parser("rotate-dek", help="Give a tenant a new data key; the old one goes, in a while.")
        chosen = rotate_dek.add_mutually_exclusive_group(required=True)
        chosen.add_argument("tenant", nargs="?", help="The tenant's slug.")
        chosen.add_argument("--all", action="store_true", help="Every tenant that has a data key.")
        rotate_dek.add_argument(
            "--wait", action="store_true", help="Take part, and say how far it is, until it is done."
        )
        rotate_dek.add_argument("--again", action="store_true", help="Go on with a rotation that is stuck.")
        rotate_dek.add_argument("--give-up", action="store_true", help="The same, without what does not open.")

    def handle(self, *args: Any, word: str, **options: Any) -> None:
        does: dict[str, Callable[[dict[str, Any]], None]] = {
            "new-key": self._new_key,
            "rotate-kek": self._rotate_kek,
            "rotate-dek": self._rotate_dek,
            "check": self._check,
            "erase-tenant": self._erase,
        }
        try:
            does[word](options)
        except KeyringUnusable as error:
            raise CommandError(str(error)) from error
        except QuartermasterError as error:
            raise CommandError(error.message) from error

    def _new_key(self, options: dict[str, Any]) -> None:
        made = new_key_file(options["file"])
        self.stdout.write(f"{options['file']} holds the new key {made.key_id}. Keep a copy of it, apart from backups.")

    def _rotate_kek(self, options: dict[str, Any]) -> None:
        self.check()
        keys = accepted()
        for so_far in rewrap_all(by=CONSOLE):
            self.stdout.write(f"{so_far.done:,} data keys wrapped anew, {so_far.waiting:,} to do.")
        _refuse_to_be_done(so_far)
        self.stdout.write(_done(keys))

    def _rotate_dek(self, options: dict[str, Any]) -> None:
        self.check()
        tenants = rotating.with_data_key() if options["all"] else [_find(options["tenant"])]
        how = {"again": options["again"], "give_up": options["give_up"]}
        rotating.begin(tenants, by=CONSOLE, write=self.stdout.write, **how)
        stuck = rotating.wait(tenants, write=self.stdout.write) if options["wait"] else []
        if stuck:
            slugs = ", ".join(tenant.slug for tenant in stuck)
            raise CommandError(f"Stuck: {slugs}. `vault check` says what does not open; then --again, or --give-up.")

    def _check(self, options: dict[str, Any]) -> None:
        self.check()
        tenants = some_tenants(options["tenants"])
        looked: list[Looked] = []
        for tenant_id in tenants:
            looked.append(look_at(tenant_id))
            for trouble in looked[-1].troubles:
                self.stdout.write(f"Tenant {tenant_id}: {trouble}")
            if len(looked) % TOLD_EVERY == 0:
                self.stdout.write(f"{len(looked):,} of {len(tenants):,} tenants looked at.")
        keys, values = sum(each.keys for each in looked), sum(each.opened for each in looked)
        said = f"{len(looked):,} tenants, {keys:,} data keys, {values:,} values opened."
        if any(each.troubles for each in looked):
            raise CommandError(f"{said} Something does not open, see above.")
        self.stdout.write(f"{said} Everything that was tried opens.")

    def _erase(self, options: dict[str, Any]) -> None:
        self.check()
        tenant = _find(options["tenant"])
        if not options["yes"]:
            raise CommandError(
                f"This destroys the data keys of {tenant.slug} ({tenant.name}) for ever: whatever was sealed for it is "
                "lost, and nothing can be sealed for it again. Say --yes if that is meant."
            )
        erased = erase_tenant(tenant_id=tenant.id, by=CONSOLE)
        for place in erased.tried:
            self.stdout.write(f"{place}: a value was tried, and does not open any more.")
        self.stdout.write(
            f"{tenant.slug}: {len(erased.versions)} data keys are destroyed. Processes that have one in memory forget "
            f"it within {KEPT_SECONDS:g} seconds. Backups of the database still hold them, wrapped."
        )


def _find(slug: str) -> Tenant:
    with platform():
        tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise CommandError(f"There is no tenant `{slug}`.")
    return tenant


def _refuse_to_be_done(end: Rewrapping) -> None:
    if end.closed:
        raise CommandError(
            f"{len(end.closed):,} data keys are opened by none of the keys that the settings name, for example one of "
            f"tenant {end.closed[0]}. Name the key that wrapped them with VAULT_PREVIOUS_KEY_FILE or "
            "VAULT_PREVIOUS_KMS_KEY_ID, and run this again."
        )
    if end.waiting:
        raise CommandError(f"{end.waiting:,} data keys came in between. Run this again.")


def _done(keys: Accepted) -> str:
    said = f"Every data key is wrapped by {keys.current.key_id} ({keys.current.provider})."
    if keys.previous is None:
        return said
    return (
        f"{said} None needs {keys.previous.key_id} ({keys.previous.provider}) any more: take it out of the settings of "
        "all processes, start them anew, and run this once more before you destroy it."
    )
