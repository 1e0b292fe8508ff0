from accounts.chrome import pretty
from accounts.chrome.pretty import LONGEST, one_sees, pretty_json, ticked


def test_it_colours_json_by_kind() -> None:
    shown = pretty_json({"name": "Jane", "age": 41, "active": True})
    assert '<span class="qm-json-key">&quot;name&quot;</span>' in shown
    assert '<span class="qm-json-text">&quot;Jane&quot;</span>' in shown
    assert '<span class="qm-json-number">41</span>' in shown
    assert '<span class="qm-json-word">true</span>' in shown


def test_it_escapes_html_in_json() -> None:
    shown = pretty_json({"<script>": ["</pre><script>alert(1)</script>", 'a "quoted" word']})
    assert "<script>" not in shown
    assert shown.count("</pre>") == 1


def test_it_leaves_words_inside_of_text_alone() -> None:
    assert "qm-json-word" not in pretty_json({"a": "true and 12"})


def test_it_cuts_what_a_page_could_not_bear() -> None:
    shown = pretty_json("x" * (LONGEST + 100))
    assert len(shown) < LONGEST + 1_000
    assert "The first 100,000 of 100,102 characters" in shown


def test_it_cuts_where_it_is_told_to() -> None:
    assert "The first 10 of 102 characters" in pretty_json("x" * 100, 10)


def test_it_shows_what_nobody_would_see() -> None:
    shown = pretty_json({"to": "moc.live\u202e@jane", "n\u200bote": "\U000e0041\x7f\u00e9\u4e2d"})
    assert "moc.live\\u202e@jane" in shown
    assert "n\\u200bote" in shown
    assert "\\udb40\\udc41\\u007f\u00e9\u4e2d" in shown


def test_it_leaves_alone_what_people_see() -> None:
    assert one_sees("Grüße, 日本語, שלום, 1 €") == "Grüße, 日本語, שלום, 1 €"


def test_it_shows_what_stands_in_backticks_as_code() -> None:
    assert ticked("Call `<b>` or `c`.") == "Call <code>&lt;b&gt;</code> or <code>c</code>."


def test_it_leaves_a_single_backtick_alone() -> None:
    assert ticked("It is ` and <b>") == "It is ` and &lt;b&gt;"


def test_it_is_quick_with_text_that_never_ends() -> None:
    assert pretty.coloured('"' + "\\a" * 50_000)
