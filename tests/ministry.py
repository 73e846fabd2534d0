"""Many provinces on a real Prefect server, with what the tests ask of it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.prefect_server import PrefectServer

LONGEST_RUN_SECONDS = 600
OVER = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


@dataclass
class Ministry:
    """A server with the deployments of `provinces.yaml`, and what the steps of the fixture saw."""

    server: PrefectServer
    file: Path
    seen: dict[str, Any] = field(default_factory=dict)

    def mtqg(self, *arguments: str, code: int = 0) -> str:
        return self.server.python("-m", "mtqg", "provinces", *arguments, code=code, COLUMNS="200")

    def deployments(self) -> dict[str, Any]:
        return {each["name"]: each for each in self.server.post("/deployments/filter")}

    def automations(self) -> dict[str, str]:
        """Return the automations by name, each with its id and when it was last changed."""
        found = self.server.post("/automations/filter")
        return {each["name"]: f"{each['id']} {each['updated']}" for each in found}

    def ask_for_run(self, deployment: str, *tags: str) -> str:
        """Ask for a run of a deployment now, and return its id."""
        asked = self.deployments()[deployment]["id"]
        return self.server.post(f"/deployments/{asked}/create_flow_run", tags=tags)["id"]

    def runs_of(self, deployment: str) -> list[dict[str, Any]]:
        """Return the runs of a deployment that are not just planned by its schedule."""
        asked = {"name": {"any_": [deployment]}}
        runs = self.server.post("/flow_runs/filter", deployments=asked)
        return [run for run in runs if not run["auto_scheduled"]]

    def wait_for_end(self, *deployments: str, seconds: float = LONGEST_RUN_SECONDS) -> None:
        def are_over() -> bool:
            runs = [run for name in deployments for run in self.runs_of(name)]
            return all(run["state_type"] in OVER for run in runs)

        self.server.wait_for(are_over, f"the runs of {deployments} end", seconds)
