"""What Data Docs and the pages in docs/rules show of an expectation: one English sentence.

Its columns are set apart.
"""

from collections.abc import Callable, Mapping
from string import Template
from typing import Any

from great_expectations.expectations.expectation import (
    Expectation,
    _style_row_condition,
    render_suite_parameter_string,
)
from great_expectations.expectations.registry import get_renderer_impl
from great_expectations.render.components import LegacyRendererType, RenderedStringTemplateContent
from great_expectations.render.renderer.renderer import renderer
from great_expectations.render.util import parse_row_condition_string

Sentence = Callable[[Mapping[str, Any]], str]
"""Returns what an expectation with these arguments expects; a column is written `$its_name`."""


def prescriptive(sentence: Sentence) -> Any:
    """Return the renderer that shows `sentence` in Data Docs.

    A class of expectations assigns it to `_prescriptive_renderer`, which Great Expectations calls.
    """

    def render(
        _cls: Any, configuration: Any = None, **options: Any
    ) -> list[RenderedStringTemplateContent]:
        kwargs: Mapping[str, Any] = configuration.kwargs if configuration else {}
        text = sentence(kwargs)
        styling = (options.get("runtime_configuration") or {}).get("styling")
        params: dict[str, Any] = {name: name for name in Template(text).get_identifiers()}
        if kwargs.get("row_condition") is not None:
            condition = parse_row_condition_string(kwargs["row_condition"])
            # The condition stands before the sentence.
            clause = text[0].lower() + text[1:]
            text, styling = _style_row_condition(condition, clause, params, styling)
        content = {"template": text, "params": params, "styling": styling}
        return [
            RenderedStringTemplateContent(
                content_block_type="string_template", string_template=content
            )
        ]

    with_parameters = render_suite_parameter_string(render)
    registered = renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)(with_parameters)
    return classmethod(registered)  # type: ignore[arg-type]


def sentence_on(expectation: Expectation, column: Callable[[str], str] = str) -> str:
    """Return the sentence of an expectation; `column` formats the names of columns in it."""
    configuration = expectation.configuration
    found = get_renderer_impl(configuration.type, LegacyRendererType.PRESCRIPTIVE)
    if found is None:
        return configuration.type
    _, render = found
    rendered: Any = render(configuration=configuration)
    content: dict[str, Any] = rendered[0].to_json_dict()["string_template"]
    params = {name: column(str(value)) for name, value in content["params"].items()}
    return Template(content["template"]).safe_substitute(params)


def summed(columns: list[str]) -> str:
    """Return columns as a sum: "$poor + $near_poor"."""
    return " + ".join(f"${column}" for column in columns)


def give_or_take(tolerance: float) -> str:
    """Return what to add to a sentence on an equality with a tolerance; "" if it has none."""
    return f", give or take {tolerance:g}" if tolerance else ""
