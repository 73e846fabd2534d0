"""The flow `lost-runs`: it marks runs Crashed in Prefect whose process is gone.

A run that was killed together with its worker cannot say so. Prefect would show it as Running, and
the next run would wait for its place. Automations in `prefect.yaml` start this flow.
"""

import logging
from datetime import timedelta

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import State, StateType
from prefect.states import Crashed

from flows.mail.send_letters import present
from flows.night.runtime import enable_loggers, run_name
from program.errors import RunActiveError
from program.settings import load_settings
from warehouse.database.run_lock import exclusive_run

logger = logging.getLogger("mtqg.lost_runs")

_ACTIVE = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]


@flow(
    name="lost-runs",
    flow_run_name=run_name,
    timeout_seconds=600,
    log_prints=False,
    persist_result=False,
)
def lost_runs(deployment: str, quiet_seconds: int = 120) -> list[str]:
    """Mark the lost runs of a deployment as Crashed; return their names.

    A run holds the run lock of the warehouse for as long as its process lives. So if the lock is
    free, no run is alive, whatever Prefect shows. A run whose state is younger than
    `quiet_seconds` is left alone: it may be about to take the lock.
    """
    enable_loggers()
    try:
        # Held meanwhile, so that no run can begin and be taken for a lost one.
        with exclusive_run(load_settings().warehouse_url):
            return _mark_crashed(deployment, timedelta(seconds=quiet_seconds))
    except RunActiveError:
        logger.info("lost runs: none, a run is at work")
        return []


def _mark_crashed(deployment: str, quiet: timedelta) -> list[str]:
    marked = []
    with get_client(sync_client=True) as client:
        of_deployment = FlowRunFilterDeploymentId(
            any_=[client.read_deployment_by_name(deployment).id]
        )
        active = FlowRunFilterState(type=FlowRunFilterStateType(any_=_ACTIVE))
        runs = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(deployment_id=of_deployment, state=active)
        )
        for run in runs:
            if run.state is None or present() - run.state.timestamp < quiet:
                continue
            lost: State[None] = Crashed(
                message="The process of this run is gone: no run holds the run lock."
            )
            client.set_flow_run_state(run.id, lost, force=True)
            logger.warning("lost run=%r state=%r", run.name, run.state.name)
            marked.append(run.name)
    return marked
