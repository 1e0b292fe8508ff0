"""`run.py lint`: style, types, import contracts, and known vulnerabilities where their list can be reached."""

import json
import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent
CHECKS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
    "import contracts": ["lint-imports"],
}
LOCKS = ["-r", "requirements.lock", "-r", "requirements-models.lock"]
AUDIT = ["pip-audit", "--disable-pip", "--require-hashes", *LOCKS, "-f", "json"]


def main() -> int:
    failed = [name for name, command in CHECKS.items() if not passes(name, command)]
    failed += [] if no_known_vulnerability() else ["pip-audit"]
    print(f"\nFailed: {', '.join(failed)}" if failed else "\nAll clean.")
    return 1 if failed else 0


def passes(name: str, command: list[str]) -> bool:
    print(f"--- {name}", flush=True)
    started = time.monotonic()
    program, *rest = command
    good = subprocess.run([str(BIN / program), *rest], check=False).returncode == 0
    print(f"    {'good' if good else 'FAILED'} after {time.monotonic() - started:.1f} s", flush=True)
    return good


def no_known_vulnerability() -> bool:
    """True also when the list of vulnerabilities cannot be reached: that says nothing about the code."""
    print("--- pip-audit", flush=True)
    program, *rest = AUDIT
    ran = subprocess.run([str(BIN / program), *rest], capture_output=True, text=True, check=False)
    try:
        audited = json.loads(ran.stdout)["dependencies"]
    except ValueError:
        print("    skipped: the list of known vulnerabilities could not be reached from here")
        return True
    bad = [package for package in audited if package.get("vulns")]
    for package in bad:
        for found in package["vulns"]:
            print(f"    {package['name']} {package['version']}: {found['id']}, fixed in {found['fix_versions']}")
    print(f"    {len(audited)} packages, {len(bad)} with a known vulnerability")
    return not bad


if __name__ == "__main__":
    sys.exit(main())
