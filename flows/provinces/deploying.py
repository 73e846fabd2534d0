"""Deployments on Prefect's server: written where they differ, deleted where they are stale."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx
import yaml
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.settings import PREFECT_API_URL

from flows.provinces.declared import PROVINCE_TAG, Declaration, tag_of
from program.errors import ConfigurationError, UsageError
from program.settings import ROOT

T = TypeVar("T")
_PAGE = 200
_LONGEST_SECONDS = 1800
_SHOWN_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Deployed:
    """What `deploy` found and did, as names of deployments.

    `stale` are of provinces that are not in the file any more, or of an intake that a province does
    not have any more.
    """

    written: list[str]
    unchanged: list[str]
    stale: list[str]


def deploy(
    declared: Sequence[Declaration], left_alone: Collection[str], *, prune: bool
) -> Deployed:
    """Write the deployments that differ from the server's, and delete stale ones where `prune`.

    A deployment whose version and automations are there is not touched: its automations keep what
    they wait for. The provinces with the codes `left_alone` keep what they have.

    Raises:
        UsageError: No server is configured.
        ConfigurationError: The server does not answer, or refuses.
    """
    with prefect_client() as client:
        existing = {each.name: each for each in _deployments(client)}
        automations = _enabled_automations(client)
        changed = [each for each in declared if not _is_current(each, existing, automations)]
        if changed:
            _run_prefect_deploy(changed)
        stale = _stale(existing, {each["name"] for each in declared}, left_alone)
        if prune:
            for deployment in stale:
                client.delete_resource_owned_automations(f"prefect.deployment.{deployment.id}")
                client.delete_deployment(deployment.id)
    written = [each["name"] for each in changed]
    unchanged = [each["name"] for each in declared if each["name"] not in written]
    return Deployed(written, unchanged, [each.name for each in stale])


def pool_faults(pools: Collection[str]) -> dict[str, str]:
    """Return what is wrong with work pools and the command that mends it, by pool.

    That is a pool that the server lacks, and one with a limit of runs: runs whose host died keep
    their places in it, and once they have all, nothing begins, not even what would mark them lost.
    Raises as `deploy` does.
    """
    faults = {}
    with prefect_client() as client:
        for pool in sorted(pools):
            try:
                limit = client.read_work_pool(pool).concurrency_limit
            except ObjectNotFound:
                create = f"prefect work-pool create {pool} --type process"
                faults[pool] = f"no work pool {pool!r}: {create}"
                continue
            if limit is not None:
                clear = f"prefect work-pool clear-concurrency-limit {pool}"
                faults[pool] = (
                    f"work pool {pool!r} has a limit of {limit}, whose places lost runs keep: "
                    f"{clear}; start its worker with --limit {limit}"
                )
    return faults


@contextmanager
def prefect_client() -> Iterator[SyncPrefectClient]:
    """Yield a client of the configured server.

    Raises:
        UsageError: No server is configured.
        ConfigurationError: The server does not answer, or refuses.
    """
    url = PREFECT_API_URL.value()
    if not url:
        raise UsageError("PREFECT_API_URL is not set: deployments are on a server of Prefect's")
    try:
        with get_client(sync_client=True) as client:
            yield client
    except PrefectHTTPStatusError as refused:
        code = refused.response.status_code
        raise ConfigurationError(f"Prefect's server at {url} answered {code}") from refused
    except httpx.HTTPError as silent:
        raise ConfigurationError(f"Prefect's server at {url} does not answer: {silent}") from silent


def _is_current(
    declared: Declaration,
    existing: Mapping[str, DeploymentResponse],
    automations: Collection[str],
) -> bool:
    found = existing.get(declared["name"])
    if found is None or found.version != declared["version"]:
        return False
    wanted = {trigger["name"] for trigger in declared.get("triggers", [])}
    return wanted <= set(automations)


def _stale(
    existing: Mapping[str, DeploymentResponse], declared: set[str], left_alone: Collection[str]
) -> list[DeploymentResponse]:
    kept_tags = {tag_of(code) for code in left_alone}
    stale = []
    for name, deployment in sorted(existing.items()):
        if name not in declared and kept_tags.isdisjoint(deployment.tags):
            stale.append(deployment)
    return stale


def _deployments(client: SyncPrefectClient) -> list[DeploymentResponse]:
    tagged = DeploymentFilter(tags=DeploymentFilterTags(all_=[PROVINCE_TAG]))
    return _all_pages(
        lambda offset: client.read_deployments(deployment_filter=tagged, limit=_PAGE, offset=offset)
    )


def _enabled_automations(client: SyncPrefectClient) -> set[str]:
    """Return the names of all automations that work. Each province's have its code in them."""
    found = _all_pages(lambda offset: client.read_automations(limit=_PAGE, offset=offset))
    return {automation.name for automation in found if automation.enabled}


def _all_pages(page_at: Callable[[int], list[T]]) -> list[T]:
    found: list[T] = []
    while True:
        page = page_at(len(found))
        found += page
        if len(page) < _PAGE:
            return found


def _run_prefect_deploy(declared: Sequence[Declaration]) -> None:
    """Let `prefect deploy` write deployments, as the guide does with `prefect.yaml`."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "prefect.yaml"
        content = {"name": "mtqg-monitor", "deployments": list(declared)}
        file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
        done = subprocess.run(  # noqa: S603 - our own command
            [*command, "--prefect-file", str(file)],
            # Prefect notes this folder and runs the code there.
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=_LONGEST_SECONDS,
            check=False,
        )
    if done.returncode:
        said = (done.stdout + done.stderr)[-_SHOWN_CHARACTERS:]
        raise ConfigurationError(f"`prefect deploy` ended with {done.returncode}:\n{said}")
