import pytest

from integrations.importing.reader import Reading, Unread
from integrations.importing.usable import keep_usable

CONNECTOR = {"name": "P", "category": "other", "description": "P.", "base_url": "https://p.example.com"}
GOOD = {"description": "Send.", "call": "POST /parcels"}
REPORT = {"skipped": [], "reasons": {}, "actions": 2}


def reading(**actions: object) -> Reading:
    return Reading({"connector": CONNECTOR, "actions": actions}, REPORT)


def test_it_keeps_what_the_format_takes() -> None:
    assert keep_usable(reading(send=GOOD), "parcels").document["actions"] == {"send": GOOD}


def test_it_leaves_out_an_action_that_the_format_refuses_and_says_why() -> None:
    kept = keep_usable(reading(send=GOOD, fly={**GOOD, "wings": 2}), "parcels")
    assert list(kept.document["actions"]) == ["send"]
    assert (kept.report["actions"], kept.report["reasons"]) == (1, {"unusable": 1})
    (told,) = kept.report["skipped"]
    assert (told["method"], told["path"], told["reason"]) == ("POST", "/parcels", "unusable")
    assert told["sentence"].startswith("$.actions.fly.wings: There is no such field here.")


def test_it_refuses_a_connector_of_which_nothing_is_left() -> None:
    with pytest.raises(Unread, match=r"Not one of the described operations can be called\."):
        keep_usable(reading(), "parcels")
    with pytest.raises(Unread, match=r"Of the first: \$\.actions\.fly"):
        keep_usable(reading(fly={"call": "POST /parcels"}), "parcels")
