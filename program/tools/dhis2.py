"""A pack's `dhis2.yaml`: which figures go to DHIS2, under which identifiers.

Identifiers are those of the DHIS2 server: uids, or codes where `id_scheme` says so.
"""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from program.calendar.period import Period, PeriodKind
from program.pack.secret import SecretText
from program.pack.yaml_file import Model, repeated

FILE = "dhis2.yaml"

Identifier = Annotated[str, Field(pattern=r"^[^\s\"'<>&]{1,50}$")]


class DataElement(Model):
    """A data element of DHIS2, and the figure of ours that it gets.

    `value` says which number of the indicator: `actual` as the site prints it, before its unit of
    measure, or the `numerator` or `denominator` as it is kept (money in đồng). It is multiplied by
    `factor`. Only periods of the kind `period` are sent: the data set of the element has one.
    """

    id: Identifier
    indicator: str
    value: Literal["actual", "numerator", "denominator"] = "actual"
    period: PeriodKind
    factor: float = Field(1, gt=0, allow_inf_nan=False)
    category_option_combo: Identifier | None = None
    attribute_option_combo: Identifier | None = None

    @property
    def key(self) -> str:
        """What no two entries may share: they would write the same cell."""
        combos = (self.category_option_combo or "", self.attribute_option_combo or "")
        return " ".join((self.id, *combos, self.period.value)).strip()


class Dhis2(Model):
    """The server, and what it gets.

    Either `token`, a personal access token, or `account` and `password`. `org_units` gives the
    identifier of each unit by its code; units that are not listed are not sent.
    """

    url: str
    token: SecretText | None = None
    account: str | None = Field(None, pattern=r"^[!-9;-~]+$")
    password: SecretText | None = None
    id_scheme: Literal["uid", "code"] = "uid"
    org_units: dict[str, Identifier] = Field(min_length=1)
    data_elements: tuple[DataElement, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_login(self) -> Self:
        has_login = self.account is not None and self.password is not None
        if (self.token is None) != has_login or (self.account is None) != (self.password is None):
            raise ValueError("expected either token, or account and password")
        return self

    @model_validator(mode="after")
    def _check_differ(self) -> Self:
        twice = repeated([element.key for element in self.data_elements])
        twice += repeated(self.org_units.values())
        if twice:
            raise ValueError(f"stands twice: {', '.join(twice)}")
        return self

    def secrets(self) -> Iterator[SecretText]:
        """Yield the secrets that a push needs."""
        for place in (self.token, self.password):
            if place is not None:
                yield place


def period_in_dhis2(period: Period) -> str:
    """Return a period as DHIS2 writes it: 2024, 2024S1, 2024Q4, 202412.

    Documentation, read 2026-11-30: "Date and period format" of the Web API,
    https://docs.dhis2.org/en/develop/using-the-api/dhis-core-version-master/introduction.html.
    """
    match period.kind:
        case PeriodKind.YEAR:
            return f"{period.year}"
        case PeriodKind.HALF:
            return f"{period.year}S{period.number}"
        case PeriodKind.QUARTER:
            return f"{period.year}Q{period.number}"
        case PeriodKind.MONTH:
            return f"{period.year}{period.number:02d}"
