"""The forms of a call that has ended: what is written down, what its caller may be told, and what of that is told."""

from dataclasses import replace
from functools import partial

from registry.execution.passage import Passage
from registry.execution.present import part_for_row, present
from registry.execution.redact import returned_forms, stored_cuts, stored_forms
from registry.execution.types import Ending, ReturnedForms, StoredForms, Told
from registry.shaping.large import LARGE


def forms(passage: Passage, ending: Ending, weight: int) -> tuple[StoredForms, ReturnedForms, Told | None]:
    """`weight` is the raw output's, exact up to LARGE."""
    call, target, redaction = passage.call, passage.target, passage.redaction
    returned = returned_forms(call, redaction, ending, passage.secrets)
    answer = as_returned(ending, returned).answer
    if answer is None or ending.answer is None or target is None:
        return stored_forms(call, redaction, ending, passage.secrets, passage.hidden), returned, None
    storable = ending.answer.storable
    if weight > LARGE:
        storable = part_for_row(call, target, answer, storable)
    ending = replace(ending, answer=replace(ending.answer, output=storable))
    stored = stored_forms(call, redaction, ending, passage.secrets, passage.hidden)
    cuts = partial(stored_cuts, redaction, secrets=passage.secrets, hidden=passage.hidden)
    return stored, returned, present(call, target, answer, stored.output, weight, cuts)


def as_returned(ending: Ending, returned: ReturnedForms) -> Ending:
    """What is kept for the next caller is what this one may be told."""
    if ending.answer is None or ending.answer.output is returned.output:
        return ending
    return replace(ending, answer=replace(ending.answer, output=returned.output))
