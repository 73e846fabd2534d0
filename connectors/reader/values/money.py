"""Recognise the ways to write a measure of money: "Tr.đồng", "1.000đ", "ngàn VNĐ".

`measures` decides which measure applies to a column.
"""

import re
import unicodedata

from program.labels import fold

_PER = {
    "": "đồng",
    **dict.fromkeys(("nghin", "ngan", "1000"), "nghìn đồng"),
    **dict.fromkeys(("trieu", "tr", "trd", "1000000"), "triệu đồng"),
    **dict.fromkeys(("ty", "ti", "1000000000"), "tỷ đồng"),
}
_MONEY = re.compile(
    r"(?:x )?(?P<per>1(?: ?000){1,3}|nghin|ngan|trieu|tr|ty|ti)? ?"
    r"(?:dong|vnd|vn dong)(?: vn| viet nam)?"
)
_SHORT_MONEY = re.compile(r"(?P<per>nghin|ngan|trieu|trd|ty|ti)")
_MONEY_WORDS = re.compile(r"\b(?:dong|vnd|usd|trd|trieu|nghin|ngan|ty|ti)\b")
_D_ALONE = re.compile(r"(?:đ|₫)(?!\w)", re.IGNORECASE)


def fold_money(text: str) -> str:
    """Return `text` folded, with the sign đ spelt out: "1.000đ" becomes "1 000 dong".

    Folding alone makes đ the letter d, which also names a column.
    """
    composed = unicodedata.normalize("NFC", text)
    return fold(_D_ALONE.sub(" đồng", composed))


def money_measure(text: str) -> str | None:
    """Return the measure that `text` names: "Tr.đồng" is triệu đồng; None for other texts."""
    folded = fold_money(text)
    match = _MONEY.fullmatch(folded) or _SHORT_MONEY.fullmatch(folded)
    if match is None:
        return None
    per = match["per"] or ""
    return _PER.get(per.replace(" ", ""))


def names_money(text: str) -> bool:
    """Return whether `text` mentions money, in a measure that is known or not."""
    return _MONEY_WORDS.search(fold_money(text)) is not None
