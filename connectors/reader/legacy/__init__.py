"""Texts in the encodings before Unicode, TCVN3 (ABC) and VNI, made readable.

`encodings` decodes, `syllables` decides whether a text is spelt as Vietnamese, which says whether
decoding it was right. The fonts of a workbook name the encoding (`open.fonts`). Knows no form.
"""
