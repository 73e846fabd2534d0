"""How a report says that there is nothing to report: what templates print and the reader knows."""

NIL_LABEL = "Không phát sinh trong kỳ"
"""The label of the template's own cell for it."""
NIL_HINT = "(đánh dấu x)"
NIL_TICK = "x"
NIL_STEP = (
    f'Trong kỳ không phát sinh thì đánh dấu {NIL_TICK} vào ô "{NIL_LABEL}" ở đầu trang,'
    ' hoặc ghi "Không phát sinh" vào dòng đầu của bảng, rồi gửi tệp.'
)
"""The sentence that a template tells its user."""
