"""Lost runs: Prefect shows them as active, although their process is gone.

The caller holds the run lock of the warehouse. A run holds it for as long as its process lives, so
no other run is alive then, whatever Prefect shows.
"""

import logging
from datetime import timedelta
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.runtime import deployment, flow_run
from prefect.states import Crashed

from flows.mail.send_letters import present

logger = logging.getLogger("mtqg.lost_runs")

_ACTIVE = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]
QUIET = timedelta(seconds=120)
"""A run whose state is younger is left alone: it may be about to take the run lock."""


def mark_earlier_lost_runs() -> None:
    """Mark the lost runs of the deployment that this run belongs to as Crashed.

    An automation does the same within minutes, but only if Prefect's server kept the event that
    it waits for: the server loses the events of its last moment when it is killed.
    Does nothing outside a deployment. Raises nothing: a run does not fail because of earlier ones.
    """
    deployment_id = deployment.id
    this_run = flow_run.id
    if deployment_id is None or this_run is None:
        return
    try:
        with get_client(sync_client=True) as client:
            mark_lost_runs(client, UUID(deployment_id), QUIET, but=UUID(this_run))
    except Exception:  # the boundary of earlier runs
        logger.exception("lost runs")


def mark_lost_runs(
    client: SyncPrefectClient, deployment_id: UUID, quiet: timedelta, but: UUID | None = None
) -> list[str]:
    """Mark the lost runs of a deployment as Crashed; return their names.

    The run `but`, and those whose state is younger than `quiet`, are left alone.
    """
    marked = []
    for run in _active_runs(client, deployment_id):
        if run.id == but or run.state is None or present() - run.state.timestamp < quiet:
            continue
        lost: State[None] = Crashed(
            message="The process of this run is gone: no run holds the run lock."
        )
        client.set_flow_run_state(run.id, lost, force=True)
        logger.warning("lost run=%r state=%r", run.name, run.state.name)
        marked.append(run.name)
    return marked


def _active_runs(client: SyncPrefectClient, deployment_id: UUID) -> list[FlowRun]:
    return client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            deployment_id=FlowRunFilterDeploymentId(any_=[deployment_id]),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_ACTIVE)),
        )
    )
