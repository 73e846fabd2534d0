"""A Prefect flow that does nothing, started as `mtqg run` starts its own."""

import os

from program.settings import load_settings, quiet_third_parties


def main() -> None:
    """Run it."""
    quiet_third_parties(load_settings())
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
    from prefect import flow  # noqa: PLC0415  (reads its environment when it is imported)

    @flow(persist_result=False)
    def nothing() -> None:
        """Do nothing."""

    nothing()


if __name__ == "__main__":
    main()
