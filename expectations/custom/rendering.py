"""What Data Docs and the pages in docs/rules say of an expectation: one English sentence, with its columns set apart."""

from collections.abc import Callable, Mapping
from string import Template
from typing import Any

from great_expectations.expectations.expectation import _style_row_condition, render_suite_parameter_string
from great_expectations.render.components import LegacyRendererType, RenderedStringTemplateContent
from great_expectations.render.renderer.renderer import renderer
from great_expectations.render.util import parse_row_condition_string

Sentence = Callable[[Mapping[str, Any]], str]
"""Says what an expectation with these arguments expects; a column is written `$its_name`."""


def prescriptive(sentence: Sentence) -> Any:
    """Return the `_prescriptive_renderer` of an expectation, as Great Expectations looks for it; see `Sentence`."""

    def render(_cls: Any, configuration: Any = None, **options: Any) -> list[RenderedStringTemplateContent]:
        kwargs: Mapping[str, Any] = configuration.kwargs if configuration else {}
        text, styling = sentence(kwargs), (options.get("runtime_configuration") or {}).get("styling")
        params: dict[str, Any] = {name: name for name in Template(text).get_identifiers()}
        if kwargs.get("row_condition") is not None:
            condition = parse_row_condition_string(kwargs["row_condition"])
            text, styling = _style_row_condition(condition, text[0].lower() + text[1:], params, styling)
        content = {"template": text, "params": params, "styling": styling}
        return [RenderedStringTemplateContent(content_block_type="string_template", string_template=content)]

    return classmethod(renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)(render_suite_parameter_string(render)))  # type: ignore[arg-type]


def summed(columns: list[str]) -> str:
    """Return columns as a sum: "$poor + $near_poor"."""
    return " + ".join(f"${column}" for column in columns)


def give_or_take(tolerance: float) -> str:
    """Return what to add to a sentence about an equality that is not exact; "" where it is."""
    return f", give or take {tolerance:g}" if tolerance else ""
