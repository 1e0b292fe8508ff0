"""What search finds of a labelled set: by meaning, by words, by both, and over links.

    python3 run.py bench retrieval [--embedder minilm-l6-v2 --embedder lexical-hash-v1] [--kinds]

Every question is asked of all memories at once, in each mode, with each embedder; nothing is tuned to a question.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from benchmarks.retrieval.measures import mean, ndcg_at, recall_at, reciprocal_rank
from benchmarks.retrieval.set import LabelledSet, Question, QuestionKind, load
from benchmarks.world import database

if TYPE_CHECKING:
    from benchmarks.retrieval.asking import Stored

EMBEDDERS = ("minilm-l6-v2", "lexical-hash-v1")
EXAMPLE = ("Claude Code is an AI assistant", "AI assistant capabilities")
"""A memory, and a question that has to find it first."""
DEPTH = 10

Ranking = list[str]
Measure = Callable[[Ranking, Question], float]
MEASURES: Mapping[str, Measure] = {
    "recall@1": lambda ranked, question: recall_at(1, ranked, question.relevant),
    "recall@5": lambda ranked, question: recall_at(5, ranked, question.relevant),
    "recall@10": lambda ranked, question: recall_at(10, ranked, question.relevant),
    "MRR": lambda ranked, question: reciprocal_rank(ranked, question.relevant),
    "nDCG@10": lambda ranked, question: ndcg_at(10, ranked, question.relevant),
}


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="run.py bench retrieval", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--embedder", action="append", choices=EMBEDDERS, help="default: both")
    parser.add_argument("--kinds", action="store_true", help="every kind of question by itself, too")
    options = parser.parse_args(argv)
    labelled = load()
    print(f"{len(labelled.memories)} memories, {len(labelled.questions)} questions, {len(labelled.links)} links\n")
    with database():
        for name in options.embedder or EMBEDDERS:
            _compare(labelled, name, by_kind=options.kinds)


def _compare(labelled: LabelledSet, name: str, *, by_kind: bool) -> None:
    # Django's settings exist only now.
    from benchmarks.retrieval.asking import MODES, embedder, find_example, store  # noqa: PLC0415

    made = embedder(name)
    stored = store(labelled, made)
    ways = {mode: _ask(stored, labelled.questions, mode) for mode in MODES}
    ways["hybrid + links"] = _ask(stored, labelled.questions, "hybrid", expand_links=1)
    print(f"{name}: {made.facts.note}\n")
    _show("all", labelled.questions, ways)
    kinds = list(QuestionKind) if by_kind else [QuestionKind.MULTI_HOP]
    for kind in kinds:
        _show(kind, [question for question in labelled.questions if question.kind is kind], ways)
    content, question = EXAMPLE
    print(f"{question!r} finds {content!r} as number {find_example(stored, made, content, question)}\n", flush=True)


def _ask(stored: "Stored", questions: Sequence[Question], mode: str, *, expand_links: int = 0) -> dict[str, Ranking]:
    return {each.id: stored.ask(each, mode, limit=DEPTH, expand_links=expand_links) for each in questions}


def _show(title: str, questions: Sequence[Question], ways: Mapping[str, Mapping[str, Ranking]]) -> None:
    print(f"| {title} ({len(questions)}) | {' | '.join(MEASURES)} |\n|---|{'---|' * len(MEASURES)}")
    for way, rankings in ways.items():
        means = [mean([measure(rankings[each.id], each) for each in questions]) for measure in MEASURES.values()]
        print(f"| {way} | {' | '.join(f'{value:.3f}' for value in means)} |")
    print(flush=True)
