"""What a run tells a monitoring system: metrics in files for Prometheus, spans for OpenTelemetry."""

import builtins
import os
import shutil
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.orm import Session

from flows.mail.digest import digest_of
from flows.night.metrics import state_metrics, write_metrics
from flows.night.run_context import RunContext, open_run
from flows.night.runtime import step
from flows.night.spans import spans_sent
from program.records.letter import NoticeKind
from program.settings import Settings
from tests.conftest import GOOD_LEVELS, Fill
from tests.steps_by_hand import collect, load
from warehouse.states import OutboxState, RunKind
from warehouse.tables import OutboxRow

pytestmark = pytest.mark.usefixtures("reads_here")


def test_digest_and_metrics_of_a_run_ask_the_space_once(
    run: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def usage(path: Path) -> Any:
        asked.append(path)
        return SimpleNamespace(total=1_000, free=400)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    digest, state = digest_of(run, ""), state_metrics(run)
    assert asked == [run.settings.var]
    assert (digest.storage, state.storage.disk_free_bytes) == (state.storage, 400)
    assert state.storage.warehouse_bytes > 0


@pytest.fixture
def run(settings: Settings) -> Iterator[RunContext]:
    with open_run(settings, None) as opened:
        yield opened


def metrics(folder: Path, name: str) -> dict[tuple[str, str], float]:
    """Return the samples of a file by name and most special label, as Prometheus reads them."""
    text = (folder / name).read_text(encoding="utf-8")
    samples = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        for sample in family.samples:
            assert sample.labels["province"] == "94"
            special = (sample.labels.get(label) for label in ("step", "what", "kind", "province"))
            samples[sample.name, next(filter(None, special))] = sample.value
    return samples


def test_a_run_writes_its_counts_and_the_durations_of_its_steps(
    settings: Settings, fill: Fill
) -> None:
    folder = Path(settings.inbox_url) / "949-thanh-tri"
    folder.mkdir()
    (folder / "báo cáo.xlsx").write_bytes(fill("949", "2024-Q3", GOOD_LEVELS))
    with open_run(settings, None) as run:
        with step(run, "load"):
            collect(run)
            load(run)
        run.finish()
        write_metrics(run)
    folder = settings.metrics_folder
    found = metrics(folder, "mtqg-nightly.prom")
    assert found["mtqg_run_count", "received"] == 1
    assert found["mtqg_run_count", "accepted"] == 1
    assert found["mtqg_run_errors", "nightly"] == 0
    assert found["mtqg_run_step_duration_seconds", "load"] == run.summary.seconds["load"]
    success = found["mtqg_run_last_success_timestamp_seconds", "nightly"]
    assert datetime.fromtimestamp(success, UTC) >= run.began_at
    # The collector runs as another user.
    assert stat.S_IMODE((folder / "mtqg-nightly.prom").stat().st_mode) & stat.S_IROTH
    assert metrics(folder, "mtqg-state.prom")["mtqg_disk_free_bytes", "94"] > 0


def test_a_run_that_failed_keeps_the_last_success(settings: Settings) -> None:
    with open_run(settings, None) as good:
        good.finish()
        write_metrics(good)
    before = metrics(settings.metrics_folder, "mtqg-nightly.prom")
    with open_run(settings, None) as bad:
        bad.fail("the disk is full")
        bad.finish()
        write_metrics(bad)
    after = metrics(settings.metrics_folder, "mtqg-nightly.prom")
    key = ("mtqg_run_last_success_timestamp_seconds", "nightly")
    assert abs(after[key] - before[key]) < 1
    assert after["mtqg_run_errors", "nightly"] == 1
    end = ("mtqg_run_end_timestamp_seconds", "nightly")
    assert after[end] > before[end]


def test_an_intake_has_a_file_of_its_own_also_where_it_found_nothing(settings: Settings) -> None:
    with open_run(settings, None, RunKind.INTAKE) as run:
        run.finish()
        assert not run.is_on_record
        write_metrics(run)
    found = metrics(settings.metrics_folder, "mtqg-intake.prom")
    assert ("mtqg_run_last_success_timestamp_seconds", "intake") in found
    assert not (settings.metrics_folder / "mtqg-nightly.prom").exists()


def test_letters_that_wait_are_counted_with_the_oldest(run: RunContext) -> None:
    oldest = datetime(2025, 1, 31, 8, tzinfo=UTC)
    for number, day in enumerate((oldest, datetime(2025, 2, 3, 8, tzinfo=UTC))):
        add_letter(run, f"letter-{number}", day)
    write_metrics(run)
    found = metrics(run.settings.metrics_folder, "mtqg-state.prom")
    assert found["mtqg_letters_waiting", "94"] == 2
    assert found["mtqg_letters_failed", "94"] == 0
    assert found["mtqg_letters_oldest_waiting_timestamp_seconds", "94"] == oldest.timestamp()


def add_letter(run: RunContext, message_id: str, at: datetime) -> None:

    with Session(run.warehouse) as session, session.begin():
        session.add(
            OutboxRow(
                kind=NoticeKind.MORNING,
                state=OutboxState.PENDING,
                attempts=0,
                recipient="a@x.example",
                message_id=message_id,
                created_at=at,
                next_attempt_at=at,
            )
        )


class Collector:
    """A collector of OpenTelemetry on loopback. It keeps the spans that it takes."""

    def __init__(self, status: int) -> None:
        collector = self
        self.spans: list[Span] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers["Content-Encoding"] is None and status == 200:
                    collector.take(self.path, body)
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def take(self, path: str, body: bytes) -> None:
        assert path == "/v1/traces"
        request = ExportTraceServiceRequest.FromString(body)
        for of_resource in request.resource_spans:
            for of_scope in of_resource.scope_spans:
                self.spans.extend(of_scope.spans)


@contextmanager
def collector(status: int = 200) -> Iterator[Collector]:
    made = Collector(status)
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        thread.join()
        made.server.server_close()


def test_a_run_and_its_steps_are_spans_of_one_trace(
    run: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collector() as made:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", made.url)
        with spans_sent(run):
            with step(run, "unpack"):
                pass
            with step(run, "publish"):
                raise OSError("no space left")
    spans = {span.name: span for span in made.spans}
    assert set(spans) == {"nightly", "unpack", "publish"}
    root = spans["nightly"]
    assert spans["unpack"].parent_span_id == root.span_id
    assert spans["unpack"].status.code == Status.STATUS_CODE_UNSET
    assert spans["publish"].status.code == Status.STATUS_CODE_ERROR
    assert root.status.message == "publish: OSError: no space left"


def test_a_collector_that_refuses_stops_no_run(
    run: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collector(status=403) as made:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", made.url)
        with spans_sent(run), step(run, "unpack"):
            pass
    assert run.summary.errors == []
    assert "unpack" in run.summary.seconds


def test_a_missing_package_is_a_warning_that_names_the_command(
    run: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_import = builtins.__import__

    def without_sdk(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("opentelemetry.exporter"):
            raise ImportError(name)
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_sdk)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    with spans_sent(run), step(run, "unpack"):
        pass
    (warning,) = run.summary.warnings
    assert 'pip install "mtqg-monitor[otel]"' in warning


def test_without_an_endpoint_no_span_is_made(run: RunContext) -> None:
    assert not any(name.startswith("OTEL_") for name in os.environ)
    with spans_sent(run), run.tracer.start_as_current_span("unpack") as span:
        assert not span.is_recording()
