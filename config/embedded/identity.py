"""PostgreSQL refuses to run as root. This finds a way to be somebody else, without making an account.

1. An ordinary user is fine as it is; one without an account, as in some containers, goes on with 2.
2. Root enters a user namespace in which it is nobody: no file changes hands, and a 0700 home is no obstacle.
3. Where namespaces are forbidden (Docker's default), root becomes nobody and keeps one capability, to pass
   the folders above. The data folder then belongs to nobody.
"""

import functools
import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from config.embedded.errors import EmbeddedServerError

NOBODY = 65534
NAMESPACE = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
CAPABILITY = "+dac_override"
ACCOUNT = (
    "setpriv",
    f"--reuid={NOBODY}",
    f"--regid={NOBODY}",
    "--clear-groups",
    f"--inh-caps={CAPABILITY}",
    f"--ambient-caps={CAPABILITY}",
    # Without it access(2), by which PostgreSQL looks for its programs, would not count the capability.
    "--securebits=+no_setuid_fixup",
    # The kernel forgets the signal of a dead parent when a process changes its user.
    "--pdeathsig=INT",
)


@dataclass(frozen=True)
class Identity:
    # What to put before a command.
    prefix: tuple[str, ...]
    # Who owns the files that the command writes, seen from outside.
    uid: int


@functools.cache
def unprivileged() -> Identity:
    """Who PostgreSQL runs as on this machine."""
    if os.geteuid() != 0 and _has_account(os.geteuid()):
        return Identity(prefix=(), uid=os.geteuid())
    if _works(NAMESPACE):
        return Identity(prefix=NAMESPACE, uid=os.geteuid())
    if os.geteuid() == 0 and _works(ACCOUNT):
        return Identity(prefix=ACCOUNT, uid=NOBODY)
    raise EmbeddedServerError(
        "PostgreSQL runs neither as root nor as a user without an account, and this machine allows neither user "
        "namespaces (unshare) nor a change of user (setpriv). Start as an ordinary user, or set DATABASE_URL to a "
        "server of your own."
    )


def hand_over(folder: Path, identity: Identity) -> None:
    """Give a data folder to the identity, when an earlier start ran as another one."""
    if not folder.exists() or folder.stat().st_uid == identity.uid or os.geteuid() != 0:
        return
    for parent, _, files in os.walk(folder):
        os.chown(parent, identity.uid, identity.uid)
        for name in files:
            os.chown(Path(parent) / name, identity.uid, identity.uid, follow_symlinks=False)


def _has_account(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _works(prefix: tuple[str, ...]) -> bool:
    try:
        return subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False
