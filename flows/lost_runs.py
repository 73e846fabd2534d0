"""The flow `lost-runs`: it marks runs Crashed in Prefect whose process is gone.

A run that was killed together with its worker cannot say so. Prefect would show it as Running, and
the next run would wait for its place. Automations in `prefect.yaml` start this flow.
"""

import logging
from datetime import timedelta

from prefect import flow
from prefect.client.orchestration import get_client

from flows.night.runtime import enable_loggers, run_name
from flows.recovery.crashed_runs import QUIET, mark_lost_runs
from program.errors import RunActiveError
from program.settings import load_settings
from warehouse.database.run_lock import exclusive_briefly

logger = logging.getLogger("mtqg.lost_runs")


@flow(
    name="lost-runs",
    flow_run_name=run_name,
    timeout_seconds=600,
    log_prints=False,
    persist_result=False,
)
def lost_runs(deployment: str, quiet_seconds: float = QUIET.total_seconds()) -> list[str]:
    """Mark the lost runs of a deployment as Crashed; return their names.

    A run holds the run lock of the warehouse for as long as its process lives. So if the lock is
    free, no run is alive, whatever Prefect shows. A run whose state is younger than
    `quiet_seconds` is left alone: it may be about to take the lock.
    """
    enable_loggers()
    try:
        # Held meanwhile, so that no run can begin and be taken for a lost one. It waits.
        with (
            exclusive_briefly(load_settings().warehouse_url),
            get_client(sync_client=True) as client,
        ):
            deployment_id = client.read_deployment_by_name(deployment).id
            return mark_lost_runs(client, deployment_id, timedelta(seconds=quiet_seconds))
    except RunActiveError:
        logger.info("lost runs: none, a run is at work")
        return []
