"""A DHIS2 server for `dataValueSets` on loopback, as its documentation describes it.

No real server was at hand. the page "Data" of github.com/dhis2/dhis2-docs, read
2026-11-30: 401 for a wrong login, 415 for another content type, 409 with a summary for conflicts,
`ignored` for a value whose data element, period or org unit is not known.
"""

import json
import re
from http import HTTPStatus
from typing import Any

from tests.form_tools import Answer, LoopbackServer, Request

TOKEN = "d2pat_0123456789abcdefghijklmnopqrstuv0123456789"
PERIODS = {
    "quarter": re.compile(r"20\d\dQ[1-4]"),
    "year": re.compile(r"20\d\d"),
    "half": re.compile(r"20\d\dS[12]"),
    "month": re.compile(r"20\d\d(0[1-9]|1[0-2])"),
}


class FakeDhis2(LoopbackServer):
    """Data elements by uid with the kind of their periods, org units, and the stored values.

    `is_old`: a server before 2.38, whose summary is the answer itself and has no indexes.
    """

    is_old = False

    def __init__(self, elements: dict[str, str], org_units: set[str]) -> None:
        super().__init__()
        self.elements = elements
        self.org_units = org_units
        self.stored: dict[tuple[str, ...], str] = {}

    def answer(self, request: Request) -> Answer:
        if request.headers.get("Authorization") not in (f"ApiToken {TOKEN}", "Basic YWRtaW46ZA=="):
            return Answer(HTTPStatus.UNAUTHORIZED, {"httpStatusCode": 401, "status": "ERROR"})
        if (request.method, request.path) != ("POST", "/api/dataValueSets"):
            return Answer(HTTPStatus.NOT_FOUND, {"httpStatusCode": 404})
        if request.headers.get("Content-Type") != "application/json":
            return Answer(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, {"httpStatusCode": 415})
        strategy = request.query.get("importStrategy", "CREATE_AND_UPDATE")
        if strategy not in ("CREATE", "UPDATE", "CREATE_AND_UPDATE", "DELETE"):
            return Answer(HTTPStatus.BAD_REQUEST, {"httpStatusCode": 400})
        values = json.loads(request.body)["dataValues"]
        self.sent.append({"query": request.query, "values": values})
        is_dry_run = request.query.get("dryRun") == "true"
        return self._import(values, strategy, is_dry_run=is_dry_run)

    def _import(self, values: list[Any], strategy: str, *, is_dry_run: bool) -> Answer:
        counts = {"imported": 0, "updated": 0, "ignored": 0, "deleted": 0}
        conflicts: list[dict[str, Any]] = []
        rejected: list[int] = []
        for index, value in enumerate(values):
            conflict = self._conflict(value)
            if conflict:
                counts["ignored"] += 1
                rejected.append(index)
                conflicts.append(conflict if self.is_old else conflict | {"indexes": [index]})
                continue
            key = tuple(
                value.get(name, "")
                for name in ("dataElement", "period", "orgUnit", "categoryOptionCombo")
            )
            if strategy == "DELETE":
                counts["deleted"] += 1
                change = {}
            else:
                counts["updated" if key in self.stored else "imported"] += 1
                change = {key: value["value"]}
            if not is_dry_run:
                self.stored.pop(key, None)
                self.stored |= change
        status = "WARNING" if conflicts else "SUCCESS"
        summary: dict[str, Any] = {
            "responseType": "ImportSummary",
            "status": status,
            "description": "Import process completed successfully",
            "importCount": counts,
            "conflicts": conflicts,
            "dataSetComplete": "false",
        }
        if self.is_old:
            return Answer(HTTPStatus.OK, summary)
        code = HTTPStatus.CONFLICT if conflicts else HTTPStatus.OK
        return Answer(
            code,
            {
                "httpStatus": code.phrase,
                "httpStatusCode": int(code),
                "status": status,
                "message": "One more conflicts encountered, please check import summary.",
                "response": summary | {"rejectedIndexes": rejected},
            },
        )

    def _conflict(self, value: dict[str, str]) -> dict[str, Any] | None:
        element, period, unit = value["dataElement"], value["period"], value["orgUnit"]
        if element not in self.elements:
            return _named(element, "Data element not found or not accessible", "E7610")
        if unit not in self.org_units:
            return _named(unit, "Organisation unit not found or not accessible", "E7612")
        if not PERIODS[self.elements[element]].fullmatch(period):
            return _named(period, "Period not valid for the data set", "E7641")
        if not re.fullmatch(r"-?\d+(\.\d+)?", value["value"]):
            return _named(value["value"], "Value must match data element type", "E7619")
        return None

    def periods(self) -> set[str]:
        return {period for _, period, *_ in self.stored}


def _named(identifier: str, said: str, code: str) -> dict[str, Any]:
    return {"object": identifier, "value": f"{said}: `{identifier}`", "errorCode": code}
