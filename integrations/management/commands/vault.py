"""`manage.py vault …`: changing the vault's keys, and looking whether they open what was sealed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.caller import System
from accounts.errors import QuartermasterError
from integrations.vault.accepted import Accepted, accepted
from integrations.vault.keyring import new_key_file
from integrations.vault.rewrap import Rewrapping, rewrap_all
from integrations.vault.wrapping import KeyringUnusable

CONSOLE = System("vault")


class Command(BaseCommand):
    help = "Changes the vault's keys, and looks whether they open what was sealed."
    # A new key is made before there is one that the checks could find.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        words = parser.add_subparsers(dest="word", required=True, metavar="WORD")
        new_key = words.add_parser("new-key", help="Make a key file, mode 0600. It never overwrites one.")
        new_key.add_argument("file", type=Path, help="Where it shall be.")
        words.add_parser("rotate-kek", help="Wrap all data keys with the key that the settings name now.")

    def handle(self, *args: Any, word: str, **options: Any) -> None:
        does: dict[str, Callable[[dict[str, Any]], None]] = {"new-key": self._new_key, "rotate-kek": self._rotate_kek}
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
