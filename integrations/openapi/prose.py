"""What a model needs of a vendor's prose: plain text, and only its first sentences."""

import html
import re

_MOST_READ = 6_000
_RULES = (
    (re.compile(r"```.*?(?:```|\Z)", re.DOTALL), " "),
    (re.compile(r"<(?:script|style)\b.*?(?:</|\Z)", re.DOTALL | re.IGNORECASE), " "),
    (re.compile(r"</?(?:a|b|code|em|i|span|strong|tt|u)\b[^<>]{0,500}>", re.IGNORECASE), ""),
    (re.compile(r"</?[a-zA-Z][^<>]{0,500}>|<!--[^<>]{0,500}-->"), " "),
    (re.compile(r"!\[[^\[\]]{0,200}\]\([^()\s]{0,500}\)"), " "),
    (re.compile(r"\[([^\[\]]{1,300})\](?:\([^()]{0,500}\)|\[[^\[\]]{0,100}\])"), r"\1"),
    (re.compile(r"https?://[^\s()<>\"']{60,}"), ""),
    (re.compile(r"^[ \t]*(?:#{1,6}|>|[-*+•])[ \t]+", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*[-=|:+ ]{3,}[ \t]*$", re.MULTILINE), ""),
    (re.compile(r"\*\*|__(?=\W|$)|(?<!\w)__|`+|\\(?=[_*#`\[\]])"), ""),
    (re.compile(r"(?<!\w)\*([^*\n]{1,200})\*(?!\w)"), r"\1"),
    (re.compile(r"(?<!\w)_([^_\n]{1,200})_(?!\w)"), r"\1"),
    (re.compile(r"[ \t]+(?=[.,;:!?)](?:\s|$))"), ""),
)
_WORD = re.compile(r"\w+")
_BLANK = re.compile(r"\s+")
_SENTENCE_END = re.compile(r"[.!?。](?=\s|$)|[。]")
_ABBREVIATED = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|approx|incl|no|e\. g|i\. e)|\b[A-Z])\.\Z", re.IGNORECASE)


def plain(text: object, most: int) -> str:
    """The text without markup, its whole sentences up to `most` characters; a longer first one is cut at a word."""
    if not isinstance(text, str) or most <= 0:
        return ""
    text = text[:_MOST_READ]
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return shortened(_BLANK.sub(" ", html.unescape(text)).strip(), most)


def shortened(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    ends = [match.end() for match in _SENTENCE_END.finditer(text, 0, most + 1) if _ends(text, match.end(), most)]
    if ends and ends[-1] >= most // 3:
        return text[: ends[-1]]
    return text[: most - 1].rpartition(" ")[0].rstrip(" ,;:-(") + "…"


def joined(*parts: str) -> str:
    """Parts as sentences after one another; one that a later part begins by saying is left out."""
    kept = [
        part for index, part in enumerate(parts) if part and not any(_says(part, later) for later in parts[index + 1 :])
    ]
    return " ".join(part if part[-1] in ".!?…。:" else f"{part}." for part in kept)


def _says(part: str, later: str) -> bool:
    """Whether the beginning of what comes later says the same in other words."""
    words = {word[:4] for word in _WORD.findall(part.casefold())}
    beginning = {word[:4] for word in _WORD.findall(later[: len(part) + 60].casefold())}
    return bool(words) and len(words & beginning) >= 0.8 * len(words)


def _ends(text: str, at: int, most: int) -> bool:
    return at <= most and not _ABBREVIATED.search(text[max(0, at - 12) : at])
