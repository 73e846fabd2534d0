"""A progress bar on stderr for long work."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from mtqg.console import errors

Advance = Callable[[float], None]


@contextmanager
def progress(
    label: str,
    total: int,
    *,
    completed: int = 0,
    is_shown: bool = True,
) -> Iterator[Advance]:
    """Show a bar if stderr is a terminal; yield the function that moves it on.

    The bar starts at `completed` steps and is removed at the end.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    is_disabled = not errors.is_terminal or not is_shown
    with Progress(
        *columns,
        console=errors,
        transient=True,
        disable=is_disabled,
    ) as bar:
        task = bar.add_task(label, total=total, completed=completed)
        yield lambda steps: bar.advance(task, steps)
