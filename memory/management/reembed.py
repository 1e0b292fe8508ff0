"""The words of `manage.py memory` about vectors: changing the model, and seeing how far that is."""

from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Callable, Mapping
from functools import partial
from time import sleep
from typing import Any

from django.core.management.base import BaseCommand

from accounts.caller import System
from memory.embedding.models import begin_reembedding, building_model, cancel_reembedding, retry_failed
from memory.embedding.progress import Progress, progress_of
from memory.models import EmbeddingModel, ModelState

CONSOLE = System("memory")
LOOK_SECONDS = 2.0


def add_words(words: "_SubParsersAction[Any]") -> None:
    _add_reembed(words.add_parser("reembed", help="Give every memory a vector of the model that EMBEDDER names."))
    words.add_parser("models", help="The models that there are vectors of, and how far each is.")


def does(command: BaseCommand) -> Mapping[str, Callable[[dict[str, Any]], None]]:
    return {"reembed": partial(_reembed, command), "models": partial(_models, command)}


def _add_reembed(parser: ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--wait", action="store_true", help="Say how far it is until it has ended. Workers do it.")
    what.add_argument("--failed", action="store_true", help="Try those again whose texts were refused; no other.")
    what.add_argument("--cancel", metavar="MODEL", help="Give up the model that is being built.")


def _reembed(command: BaseCommand, options: dict[str, Any]) -> None:
    if options["failed"]:
        command.stdout.write(f"{retry_failed(by=CONSOLE):,} memories are tried again.")
    elif options["cancel"]:
        model = cancel_reembedding(by=CONSOLE, name=options["cancel"])
        command.stdout.write(f"{model.name} is given up. Searches use what they used before.")
    else:
        model = begin_reembedding(by=CONSOLE)
        command.stdout.write(_said(model))
        while options["wait"] and building_model() is not None:
            sleep(LOOK_SECONDS)
            model.refresh_from_db()
            command.stdout.write(_said(model))


def _models(command: BaseCommand, options: dict[str, Any]) -> None:
    for model in EmbeddingModel.objects.all():
        command.stdout.write(_said(model))


def _said(model: EmbeddingModel) -> str:
    progress = progress_of(model)
    said = f"{model.name} is {model.state}: {progress.done:,} of {progress.total:,} memories have a vector of it"
    failed = f", {progress.failed:,} were refused" if progress.failed else ""
    return f"{said}{failed}{_pace(progress) if model.state == ModelState.BUILDING else ''}."


def _pace(progress: Progress) -> str:
    if progress.per_second is None or progress.seconds_left is None:
        return ""
    return f", {progress.per_second:,.0f} a second, {progress.seconds_left / 60:,.0f} minutes to go"
