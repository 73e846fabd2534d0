"""Ask the form tools of a pack for their questions, and compare them with its mappings."""

from collections.abc import Iterator
from contextlib import closing

from connectors.sources.register import connect_tool
from connectors.sources.tools.questions import misfits
from flows.secrets import with_blocks
from program.pack.pack import Pack
from program.pack.source import ToolSource
from program.settings import Settings
from program.tools.tool_form import FOLDER


def tool_mistakes(pack: Pack, settings: Settings) -> Iterator[str]:
    """Yield a line for each field of a mapping that the form in its tool does not have.

    Raises SourceError for a tool that does not answer, ConfigurationError for a missing secret.
    """
    for source in pack.sources:
        if isinstance(source, ToolSource):
            for sentence in _mistakes_of(source, pack, settings):
                yield f"{pack.folder / FOLDER / source.tool_form}.yaml: {sentence} ({source.name})"


def _mistakes_of(source: ToolSource, pack: Pack, settings: Settings) -> Iterator[str]:
    connector = connect_tool(source, with_blocks(settings, source.secrets()))
    if connector is None:
        return
    tool_form = pack.tool_forms[source.tool_form]
    forms = pack.versions_of(tool_form.form)
    with closing(connector):
        questions = connector.questions()
    yield from misfits(tool_form, forms, questions)
