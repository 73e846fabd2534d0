"""KoboToolbox and ODK Central as their documentation and source code describe them, on loopback.

No real server was at hand. The fakes refuse what the real ones refuse: a wrong token (401), no right
(403), an unknown form (404), `$orderby` beside `$skiptoken` (501), a page size beyond the limit.

- KoboToolbox: "List of submissions" in the API docs, kpi/views/v2/data.py, kpi/paginators.py of
  github.com/kobotoolbox/kpi; https://community.kobotoolbox.org/t/74610 (pages of 1,000 at most).
- ODK Central: lib/data/odata.js, lib/util/odata.js, lib/util/db.js of
  github.com/getodk/central-backend; https://docs.getodk.org/central-api-odata-endpoints.
"""

import base64
import contextlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.portal_reports import CLASSES, LEVELS

ASSET = "aTrainingReport2024xyz"
TOKEN = "0123456789abcdef0123456789abcdef01234567"
PROJECT, FORM = 7, "dao_tao"
ACCOUNT, PASSWORD = "may-chu@tinh.example", "mật khẩu dài: có hai chấm"

_LEVELS = {"province": "tinh", "district": "huyen", "commune": "xa", "total": "tong"}
_FIGURES = {
    "classes": "so_lop",
    "participants": "so_nguoi",
    "women": "nu",
    "ethnic_minority": "dtts",
    "officials": "can_bo",
    "community": "cong_dong",
    "days": "so_ngay",
    "budget_planned_vnd": "kp_ke_hoach",
    "budget_spent_vnd": "kp_thuc_hien",
}
_CLASS = {
    "class_title": "ten_lop",
    "class_topic": "noi_dung",
    "class_level": "cap",
    "class_place": "dia_diem",
    "class_first_day": "tu_ngay",
    "class_last_day": "den_ngay",
    "class_participants": "so_nguoi",
    "class_organiser": "don_vi_to_chuc",
}
_CHOICES = {"Cấp tỉnh": "cap_tinh", "Cấp huyện": "cap_huyen", "Cấp xã": "cap_xa"}


class Answer(NamedTuple):
    status: int
    body: Any = None
    headers: dict[str, str] = {}  # noqa: RUF012  (never changed)


@dataclass(frozen=True, slots=True)
class Request:
    """What a fake was asked."""

    method: str
    path: str
    query: dict[str, str]
    headers: Message
    body: bytes


def _choice(value: object) -> object:
    if not isinstance(value, str):
        return value
    day = re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})", value)
    return f"{day[3]}-{day[2]}-{day[1]}" if day else _CHOICES.get(value, value)


def nested_answers(unit: str = "942", year: int = 2024, quarter: int = 4) -> dict[str, Any]:
    """Return the report of `tests.portal_reports` as somebody answers the questions of the tool."""
    levels = {
        _LEVELS[line["line"]]: {
            word: line[name] for name, word in _FIGURES.items() if line.get(name) is not None
        }
        for line in LEVELS
    }
    classes = [
        {word: _choice(line[name]) for name, word in _CLASS.items() if line.get(name) is not None}
        for line in CLASSES
    ]
    return {
        "don_vi": unit,
        "ky": {"nam": str(year), "quy": str(quarter)},
        "tong_hop": levels,
        "ds_lop": classes,
    }


def _paths(answers: dict[str, Any], below: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in answers.items():
        path = f"{below}{key}"
        if isinstance(value, dict):
            yield from _paths(value, f"{path}/")
        elif isinstance(value, list):
            yield path, [dict(_paths(entry, f"{path}/")) for entry in value]
        else:
            # XML has texts only; Mongo keeps them as they are.
            yield path, str(value)


def kobo_submission(
    number: int, answers: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """Return a submission as `GET …/data.json` lists it."""
    uuid = f"00000000-0000-4000-8000-{number:012d}"
    return {
        "_id": number,
        "formhub/uuid": "57e6fd0b4065443280c9641be5670e89",
        "start": "2025-01-03T08:00:00.000+07:00",
        "end": "2025-01-03T08:20:00.000+07:00",
        **dict(_paths(answers or nested_answers())),
        "__version__": "vHNo5vFh3KoB7LWhucUkFy",
        "meta/instanceID": f"uuid:{uuid}",
        "meta/rootUuid": f"uuid:{uuid}",
        "_xform_id_string": ASSET,
        "_uuid": uuid,
        "_attachments": [],
        "_status": "submitted_via_web",
        "_geolocation": [None, None],
        "_submission_time": "2025-01-03T01:20:05",
        "_tags": [],
        "_notes": [],
        "_validation_status": {},
        "_submitted_by": "chauthanh",
    } | more


def odk_submission(
    number: int, answers: dict[str, Any] | None = None, **system: Any
) -> dict[str, Any]:
    """Return a submission as the OData service lists it with `$expand=*`."""
    uuid = f"uuid:00000000-0000-4000-8000-{number:012d}"
    answers = answers or nested_answers()
    classes = [
        {"__id": f"{number:08d}{at:032d}", "__Submissions-id": uuid, **entry}
        for at, entry in enumerate(answers.get("ds_lop", []))
    ]
    return {
        "__id": uuid,
        "__system": {
            "submissionDate": "2025-01-03T01:20:05.123Z",
            "updatedAt": None,
            "submitterId": "23",
            "submitterName": "chauthanh",
            "attachmentsPresent": 0,
            "attachmentsExpected": 0,
            "status": None,
            "reviewState": None,
            "deviceId": None,
            "edits": 0,
            "formVersion": "1",
            "deletedAt": None,
        }
        | system,
        "meta": {"instanceID": uuid, "instanceName": None},
        **answers,
        "ds_lop": classes,
        "ds_lop@odata.navigationLink": f"Submissions('{uuid}')/ds_lop",
    }


class LoopbackServer(ThreadingHTTPServer):
    """A fake on loopback. `forced` answers are given first, in their order."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.submissions: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.sent: list[Any] = []
        self.forced: list[Answer] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, request: Request) -> Answer:
        raise NotImplementedError

    @contextmanager
    def running(self) -> Iterator[Self]:
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            thread.join()
            self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: LoopbackServer

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            super().handle()

    def _respond(self, method: str) -> None:
        parts = urlsplit(self.path)
        self.server.asked.append(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if self.server.forced:
            answer = self.server.forced.pop(0)
        else:
            request = Request(method, parts.path, query, self.headers, body)
            answer = self.server.answer(request)
        is_raw = isinstance(answer.body, bytes)
        content = answer.body if is_raw else json.dumps(answer.body, ensure_ascii=False).encode()
        self.send_response(answer.status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(content))}
        for name, value in (headers | answer.headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        self._respond("GET")

    def do_POST(self) -> None:
        self._respond("POST")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (of http.server)
        pass


class FakeKobo(LoopbackServer):
    """One asset of KoboToolbox."""

    most_a_page = 1000
    default_page = 100

    def answer(self, request: Request) -> Answer:
        path, query = request.path, request.query
        if request.headers.get("Authorization") != f"Token {TOKEN}":
            return Answer(HTTPStatus.UNAUTHORIZED, {"detail": "Invalid token."})
        if path == f"/api/v2/assets/{ASSET}.json":
            return Answer(HTTPStatus.OK, {"uid": ASSET, "content": {"survey": kobo_survey()}})
        if path not in (f"/api/v2/assets/{ASSET}/data.json", f"/api/v2/assets/{ASSET}/data/"):
            return Answer(HTTPStatus.NOT_FOUND, {"detail": "Not found."})
        unknown = query.keys() - {"limit", "start", "sort", "query", "format", "fields"}
        if unknown:
            return Answer(HTTPStatus.BAD_REQUEST, {"detail": f"unknown {unknown}"})
        try:
            limit = int(query.get("limit", self.default_page))
            start = int(query.get("start", 0))
            sort = json.loads(query.get("sort", "{}"))
        except ValueError:
            return Answer(HTTPStatus.BAD_REQUEST, {"limit": "A positive integer is required"})
        limit = min(limit, self.most_a_page)
        listed = list(self.submissions)
        for key, direction in sort.items():
            listed.sort(key=lambda each: each[key], reverse=direction < 0)
        page = listed[start : start + limit]
        following = None
        if start + limit < len(listed):
            parameters = {**query, "limit": limit, "start": start + limit}
            following = f"{self.url}/api/v2/assets/{ASSET}/data.json?{urlencode(parameters)}"
        body = {"count": len(listed), "next": following, "previous": None, "results": page}
        return Answer(HTTPStatus.OK, body)

    def edit(self, number: int, **changes: str) -> None:
        """Edit a submission in Enketo: `_id` and `_submission_time` stay, `_uuid` is a new one."""
        (submission,) = [each for each in self.submissions if each["_id"] == number]
        before = submission["_uuid"]
        after = f"{int(before[:8]) + 1:08d}{before[8:]}"
        submission |= changes
        submission |= {
            "_uuid": after,
            "meta/instanceID": f"uuid:{after}",
            "meta/deprecatedID": f"uuid:{before}",
        }

    def review(self, number: int, status: str | None) -> None:
        """Give a submission a validation status; None takes it away."""
        (submission,) = [each for each in self.submissions if each["_id"] == number]
        submission["_validation_status"] = {}
        if status:
            submission["_validation_status"] = {
                "timestamp": 1735900000,
                "uid": f"validation_status_{status}",
                "by_whom": "can_bo_tinh",
                "label": status,
            }


class FakeOdk(LoopbackServer):
    """One form of ODK Central."""

    def answer(self, request: Request) -> Answer:
        path, query = request.path, request.query
        login = base64.b64encode(f"{ACCOUNT}:{PASSWORD}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {login}":
            return _problem(HTTPStatus.UNAUTHORIZED, "401.2", "Could not authenticate.")
        form = f"/v1/projects/{PROJECT}/forms/{FORM}"
        if path == f"{form}/fields":
            return Answer(HTTPStatus.OK, odk_fields())
        if path != f"{form}.svc/Submissions":
            return _problem(HTTPStatus.NOT_FOUND, "404.1", "Could not find the resource.")
        if "$orderby" in query and "$skiptoken" in query:
            return _problem(HTTPStatus.NOT_IMPLEMENTED, "501.1", "$orderby and $skiptoken together")
        if query.get("$expand", "*") != "*":
            return _problem(HTTPStatus.NOT_IMPLEMENTED, "501.1", "$expand other than *")
        listed = [each for each in self.submissions if _passes(each, query.get("$filter"))]
        # Newest first, as the database query has it.
        listed.sort(key=lambda each: each["__system"]["submissionDate"], reverse=True)
        if "$skiptoken" in query:
            after = json.loads(base64.b64decode(query["$skiptoken"].removeprefix("01")))
            ids = [each["__id"] for each in listed]
            listed = listed[ids.index(after["instanceId"]) + 1 :]
        top = int(query.get("$top", len(listed)))
        body: dict[str, Any] = {
            "value": [_without_repeats(each, query) for each in listed[:top]],
            "@odata.context": f"{self.url}{form}.svc/$metadata#Submissions",
        }
        if top < len(listed):
            last = json.dumps({"instanceId": listed[top - 1]["__id"]}).encode()
            token = "01" + base64.b64encode(last).decode()
            parameters = {**query, "$skiptoken": token}
            body["@odata.nextLink"] = f"{self.url}{path}?{urlencode(parameters)}"
        return Answer(HTTPStatus.OK, body)

    def change(self, number: int, at: str, **system: Any) -> dict[str, Any]:
        """Review or edit a submission at a time; return it."""
        uuid = f"uuid:00000000-0000-4000-8000-{number:012d}"
        (submission,) = [each for each in self.submissions if each["__id"] == uuid]
        submission["__system"] |= {"updatedAt": at, **system}
        return submission

    def edit(self, number: int, at: str, **changes: Any) -> None:
        """Edit a submission: `__id` stays, `meta/instanceID` is a new one."""
        submission = self.change(number, at, reviewState="edited")
        submission["__system"]["edits"] += 1
        edits = submission["__system"]["edits"]
        submission["meta"] = {"instanceID": f"uuid:edit-{edits}-of-{number}", "instanceName": None}
        submission |= changes


def _problem(status: HTTPStatus, code: str, message: str) -> Answer:
    return Answer(status, {"code": code, "message": message})


_FILTER = re.compile(
    r"__system/submissionDate ge (?P<one>\S+) or __system/updatedAt ge (?P<other>\S+)"
)


def _passes(submission: dict[str, Any], text: str | None) -> bool:
    if text is None:
        return True
    times = _FILTER.fullmatch(text)
    if times is None:
        raise ValueError(f"a filter that the fake does not know: {text}")
    system = submission["__system"]
    # A comparison with null is not true, as in SQL.
    return system["submissionDate"] >= times["one"] or (system["updatedAt"] or "") >= times["other"]


def _without_repeats(submission: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    if query.get("$expand") == "*":
        return submission
    return {key: value for key, value in submission.items() if key != "ds_lop"}


def kobo_survey() -> list[dict[str, Any]]:
    """Return the form of `examples/form_tools/training.yaml` as `content.survey` of its asset."""
    rows: list[dict[str, Any]] = [
        {"type": "start", "name": "start", "$kuid": "a"},
        {"type": "select_one", "name": "don_vi", "select_from_list_name": "units"},
        {"type": "begin_group", "name": "ky"},
        {"type": "select_one", "name": "nam"},
        {"type": "select_one", "$autoname": "quy"},
        {"type": "end_group"},
        {"type": "begin_group", "name": "tong_hop"},
    ]
    for word in _LEVELS.values():
        rows.append({"type": "begin_group", "name": word})
        kind = "calculate" if word == "tong" else "decimal"
        rows += [{"type": kind, "name": figure} for figure in _FIGURES.values()]
        rows.append({"type": "end_group"})
    rows.append({"type": "end_group"})
    rows.append({"type": "begin_repeat", "name": "ds_lop"})
    kinds = {"so_nguoi": "integer", "tu_ngay": "date", "den_ngay": "date", "cap": "select_one"}
    rows += [{"type": kinds.get(name, "text"), "name": name} for name in _CLASS.values()]
    rows.append({"type": "end_repeat"})
    return rows


def odk_fields() -> list[dict[str, Any]]:
    """Return the same form as `GET /v1/projects/{id}/forms/{form}/fields` lists it."""
    types = {"integer": "int", "calculate": "decimal", "select_one": "string", "text": "string"}
    fields: list[dict[str, Any]] = []
    groups: list[str] = []
    for row in kobo_survey():
        kind, name = row["type"], row.get("name") or row.get("$autoname") or ""
        if kind.startswith("end_"):
            groups.pop()
            continue
        path = "/" + "/".join([*groups, name])
        if kind.startswith("begin_"):
            groups.append(name)
            kind = "repeat" if kind == "begin_repeat" else "structure"
        fields.append({"path": path, "name": name, "type": types.get(kind, kind), "binary": None})
    return fields
