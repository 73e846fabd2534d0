"""The writings of money's measures: "Tr.đồng", "1.000đ", "ngàn VNĐ". Which of them a sheet counts in: measures.py."""

import re
import unicodedata

from program.labels import fold

_PER = {
    "": "đồng",
    **dict.fromkeys(("nghin", "ngan", "1000"), "nghìn đồng"),
    **dict.fromkeys(("trieu", "tr", "trd", "1000000"), "triệu đồng"),
    **dict.fromkeys(("ty", "ti", "1000000000"), "tỷ đồng"),
}
_MONEY = re.compile(r"(?:x )?(?P<per>1(?: ?000){1,3}|nghin|ngan|trieu|tr|ty|ti)? ?(?:dong|vnd|vn dong)(?: vn| viet nam)?")
_SHORT_MONEY = re.compile(r"(?P<per>nghin|ngan|trieu|trd|ty|ti)")
_MONEY_WORDS = re.compile(r"\b(?:dong|vnd|usd|trd|trieu|nghin|ngan|ty|ti)\b")
_D_ALONE = re.compile(r"(?:đ|₫)(?!\w)", re.IGNORECASE)


def fold_money(text: str) -> str:
    """Return `text` folded, with the sign đ spelt out: "1.000đ" is "1 000 dong", while a column's letter (d) stays d."""
    return fold(_D_ALONE.sub(" đồng", unicodedata.normalize("NFC", text)))


def money_measure(text: str) -> str | None:
    """Return the money measure that `text` is a writing of: "Tr.đồng", "1.000đ", "ngàn VNĐ"; None for anything else."""
    folded = fold_money(text)
    match = _MONEY.fullmatch(folded) or _SHORT_MONEY.fullmatch(folded)
    return _PER.get((match["per"] or "").replace(" ", "")) if match else None


def names_money(text: str) -> bool:
    """Tell whether `text` speaks of money in any way, understood or not."""
    return _MONEY_WORDS.search(fold_money(text)) is not None
