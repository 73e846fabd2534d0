"""A form that no pack has: the stock at the start and at the end of a period.

It is for rules that apply to no column of the bundled forms.
"""

from dataclasses import replace

from program.forms.form import Form
from program.pack.pack import Pack


def with_stock(pack: Pack) -> Pack:
    """Return the pack with one more form, `stock`.

    Its opening figure repeats the closing figure of the last report; it has the cost too.
    """
    training = next(form for form in pack.forms if form.code == "training")
    label = {"type": "whole", "measure": "hộ"}
    columns = [
        {"name": "opening", "label": "Đầu kỳ", "opens": "closing", **label},
        {"name": "closing", "label": "Cuối kỳ", **label},
        {
            "name": "cost_vnd",
            "label": "Kinh phí",
            "type": "money",
            "measure": "triệu đồng",
            "per": "closing",
        },
    ]
    table = {
        "name": "stock",
        "sheet": "Tồn",
        "title": "Tồn",
        "kind": "matrix",
        "line": {"label": "Nội dung"},
    }
    # The first version of that form has ended.
    layout = training.model_dump() | {"code": "stock", "project": None, "valid_to": None}
    layout["tables"] = [table | {"columns": columns, "lines": [{"key": "seed", "label": "Giống"}]}]
    return replace(pack, forms=(*pack.forms, Form.model_validate(layout)))
