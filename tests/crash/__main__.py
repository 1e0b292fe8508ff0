"""`run.py test --crash`: kill, call, judge, and write the result into the documentation."""

import argparse
import secrets
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from config.supervisor.options import BASE_DIR
from tests.crash.corridor import corridor_kills
from tests.crash.hook_kills import hook_kills, telling_kills
from tests.crash.hook_verdict import Ended, judge_events, judge_telling
from tests.crash.kills import Killer
from tests.crash.load import Caller
from tests.crash.page import Result, describe
from tests.crash.scene import LEASE_SECONDS, Scene
from tests.crash.senders import Platform
from tests.crash.verdict import judge_calls, judge_endings, judge_house

RESULT = BASE_DIR / "docs" / "reference" / "crash.md"
CALLERS, PLATFORMS = 4, 2
LONGEST_TRACE = 5000


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="run.py test --crash", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="the order of the kills")
    parser.add_argument("--minutes", type=float, default=5.0, help="how long to kill at random (%(default)s)")
    asked = parser.parse_args(arguments)
    _say(f"Seed {asked.seed}, {asked.minutes:g} minutes")
    with tempfile.TemporaryDirectory(prefix="quartermaster-crash-") as folder:
        result = run(Path(folder) / "data", asked.seed, asked.minutes)
    how = {"callers": CALLERS, "platforms": PLATFORMS, "lease": LEASE_SECONDS}
    RESULT.write_text(describe(result, seed=asked.seed, minutes=asked.minutes, **how))
    for finding in result.findings:
        _say("  ".join(("good" if finding.holds else "BAD ", finding.sentence, *finding.examples)))
    _say(f"Written to {RESULT.relative_to(BASE_DIR)}")
    return 0 if all(finding.holds for finding in result.findings) else 1


def run(data_dir: Path, seed: int, minutes: float) -> Result:
    scene = Scene(data_dir, seed, _say)
    try:
        scene.furnish()
        killer = Killer(scene.order, _say, scene.pid_of, scene.is_ready, scene.has_ended)
        kills = [*corridor_kills(scene.agent), *hook_kills(scene.sender)]
        missed = killer.kill_at_each(kills)
        scene.subscribe()
        to_tell = telling_kills(scene.agent)
        missed += killer.kill_at_each(to_tell)
        scene.wait_until_ready()
        _call_and_kill(scene, seed, minutes)
        return _judge(scene, places=len(kills) + len(to_tell), missed=len(missed))
    finally:
        _tell_unforeseen(data_dir)
        scene.close()


def _call_and_kill(scene: Scene, seed: int, minutes: float) -> None:
    busy: list[Caller | Platform] = [
        *(Caller(number, scene.agent, seed) for number in range(CALLERS)),
        *(Platform(number, scene.sender, seed) for number in range(PLATFORMS)),
    ]
    for each in busy:
        each.start()
    try:
        scene.matrix.run(minutes * 60)
    finally:
        for each in busy:
            each.stop()
        for each in busy:
            each.join()


def _judge(scene: Scene, *, places: int, missed: int) -> Result:
    endings = judge_endings(scene.data_dir)
    ended = Ended(scene.effects, scene.data_dir)
    return Result(
        kills=scene.matrix.kills,
        findings=[
            *endings,
            *judge_calls(scene.ledger, scene.effects, scene.data_dir),
            *judge_events(scene.posted, ended),
            *judge_telling(scene.receiver, scene.data_dir, after=scene.told_after),
            *judge_house(scene.matrix, scene.data_dir),
        ],
        places=places,
        missed=missed,
        told_agents=scene.ledger.outcomes,
        told_platforms=scene.posted.outcomes,
        endings=Counter(f"{run.tool}: {run.code or run.status}" for run in ended.runs),
    )


def _tell_unforeseen(data_dir: Path) -> None:
    """What the processes have logged of it: the folder goes with the run."""
    for log in sorted((data_dir / "log").glob("*.log")):
        for trace in log.read_text(errors="replace").split("Unforeseen error")[1:]:
            _say(f"{log.name}: Unforeseen error{trace[:LONGEST_TRACE]}")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
