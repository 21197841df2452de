"""The fields, dated tables and columns of the fake BambooHR, with ids, labels and types.

Nothing here holds a value of any employee. Ids are BambooHR's own where they are publicly known (address, job fields),
made up elsewhere.
"""

from __future__ import annotations

import msgspec

NEVER = "0000-00-00"
"""How BambooHR writes an empty date in some places."""


class FakeField(msgspec.Struct, frozen=True):
    """One field of an employee.

    Attributes:
        id: the numeric id, or a dotted text id for a part of a repeated field.
        alias: the API name; None for a custom field that can only be asked for by its id.
        source: table and column that hold the value, for fields that follow a dated row.
        derived: computed from other values; it cannot be written.
        empty: what an employee read shows when there is no value.
    """

    id: int | str
    alias: str | None
    name: str
    type: str = "text"
    source: tuple[str, str] | None = None
    derived: bool = False
    deprecated: bool = False
    empty: str | int | None = None

    @property
    def key(self) -> str:
        """The word under which a company keeps the value: the alias, else the id."""
        return self.alias or str(self.id)


class FakeColumn(msgspec.Struct, frozen=True):
    """One column of a dated table; ``empty`` is how a row shows that there is no value."""

    id: int
    alias: str
    name: str
    type: str = "text"
    empty: str | None = None


class FakeTable(msgspec.Struct, frozen=True):
    """One table of dated rows; ``date`` names the column that says from when a row counts (empty: it never does)."""

    alias: str
    date: str
    columns: tuple[FakeColumn, ...]

    def column(self, alias: str) -> FakeColumn | None:
        """Return the column of that name; None if there is none."""
        return next((column for column in self.columns if column.alias == alias), None)


TABLES = (
    FakeTable(
        "employmentStatus",
        "date",
        (
            FakeColumn(4019, "date", "Effective Date", "date"),
            FakeColumn(4021, "employmentStatus", "Employment Status", "list", ""),
            FakeColumn(4022, "comment", "Comment", "textarea"),
            FakeColumn(4314, "terminationTypeId", "Termination Type", "list", ""),
            FakeColumn(4313, "terminationReasonId", "Termination Reason", "list", ""),
            FakeColumn(4315, "terminationRehireId", "Eligible For Re-hire", "list", ""),
            FakeColumn(4566, "terminationRegrettableId", "Regrettable", "list", ""),
            FakeColumn(4461, "benetracStatus", "BeneTrac Status", "list", ""),
            FakeColumn(4463, "customLeaveReason", "Leave Reason", "list", ""),
            FakeColumn(4462, "gusto", "Gusto Status", "list", ""),
        ),
    ),
    FakeTable(
        "jobInfo",
        "date",
        (
            FakeColumn(4028, "date", "Effective Date", "date"),
            FakeColumn(18, "location", "Location", "list", ""),
            FakeColumn(4, "department", "Department", "list", ""),
            FakeColumn(1355, "division", "Division", "list", ""),
            FakeColumn(17, "jobTitle", "Job Title", "list", ""),
            FakeColumn(91, "reportsTo", "Reporting to", "employee", ""),
        ),
    ),
    FakeTable(
        "compensation",
        "startDate",
        (
            FakeColumn(4023, "startDate", "Effective Date", "date"),
            FakeColumn(4570, "endDate", "End Date", "date", NEVER),
            FakeColumn(19, "rate", "Pay rate", "currency"),
            FakeColumn(20, "type", "Pay type", "pay_type", ""),
            FakeColumn(21, "exempt", "Overtime Status", "exempt"),
            FakeColumn(22, "reason", "Change Reason", "list", ""),
            FakeColumn(23, "comment", "Comment", "textarea"),
            FakeColumn(25, "paidPer", "Paid per", "paid_per"),
            FakeColumn(24, "paySchedule", "Pay Schedule", "list"),
            FakeColumn(26, "overtimeRate", "Overtime Rate", "currency"),
        ),
    ),
    FakeTable(
        "dependents",
        "",
        (
            FakeColumn(4100, "firstName", "First Name"),
            FakeColumn(4101, "lastName", "Last Name"),
            FakeColumn(4102, "relationship", "Relationship", "list", ""),
            FakeColumn(4103, "dateOfBirth", "Birth Date", "date"),
            FakeColumn(4104, "ssn", "SSN", "ssn"),
            FakeColumn(4105, "gender", "Gender", "gender"),
        ),
    ),
    FakeTable(
        "customEquipment",
        "customIssued",
        (
            FakeColumn(4340, "customIssued", "Issued", "date"),
            FakeColumn(4341, "customItem", "Item"),
        ),
    ),
)

BUMPING = frozenset({"employmentStatus", "jobInfo", "compensation"})
"""Tables whose rows count as a change of the employee; others are not promised to."""

FIELDS = (
    FakeField(4098, "id", "EEID", "integer", derived=True),
    FakeField(13, "employeeNumber", "Employee #", "employee_number"),
    FakeField(1, "firstName", "First Name"),
    FakeField(5, "middleName", "Middle Name"),
    FakeField(2, "lastName", "Last Name"),
    FakeField(1358, "preferredName", "Preferred Name"),
    FakeField(4358, "nickname", "Nickname", derived=True, deprecated=True),
    FakeField(4110, "displayName", "Display Name", derived=True),
    FakeField(4111, "fullName1", "First Name Last Name", derived=True),
    FakeField(4112, "fullName2", "Last Name, First Name", derived=True),
    FakeField(16, "ssn", "SSN", "ssn"),
    FakeField(6, "dateOfBirth", "Birth Date", "date"),
    FakeField(4113, "birthday", "Birthday", derived=True, empty=""),
    FakeField(4114, "age", "Age", "age", derived=True, empty=-1),
    FakeField(7, "gender", "Gender", "gender"),
    FakeField(27, "maritalStatus", "Marital Status", "marital_status"),
    FakeField(28, "ethnicity", "Ethnicity", "list"),
    FakeField(8, "address1", "Address Line 1"),
    FakeField(9, "address2", "Address Line 2"),
    FakeField(10, "city", "City"),
    FakeField(11, "state", "State", "state"),
    FakeField(4115, "stateCode", "State Code", derived=True),
    FakeField(12, "zipcode", "ZIP Code"),
    FakeField(3991, "country", "Country", "country"),
    FakeField(4116, "bestEmail", "Best Email", "email", derived=True),
    FakeField(30, "homeEmail", "Home Email", "email"),
    FakeField(31, "workEmail", "Work Email", "email"),
    FakeField(32, "homePhone", "Home Phone", "phone"),
    FakeField(33, "mobilePhone", "Mobile Phone", "phone"),
    FakeField(34, "workPhone", "Work Phone", "phone"),
    FakeField(35, "workPhoneExtension", "Work Ext.", "text"),
    FakeField(3, "hireDate", "Hire Date", "date", empty=NEVER),
    FakeField(4117, "originalHireDate", "Original Hire Date", "date", empty=NEVER),
    FakeField(4118, "terminationDate", "Termination Date", "date", derived=True, empty=NEVER),
    FakeField(1610, "status", "Status", "status", derived=True),
    FakeField(4119, "employmentStatus", "Status", "status", derived=True, deprecated=True),
    FakeField(4029, "employmentHistoryStatus", "Employment Status", "list", ("employmentStatus", "employmentStatus")),
    FakeField(4120, "employeeStatusDate", "Employment Status: Date", "date", ("employmentStatus", "date")),
    FakeField(17, "jobTitle", "Job Title", "list", ("jobInfo", "jobTitle")),
    FakeField(4, "department", "Department", "list", ("jobInfo", "department")),
    FakeField(1355, "division", "Division", "list", ("jobInfo", "division")),
    FakeField(18, "location", "Location", "list", ("jobInfo", "location")),
    FakeField(91, "supervisor", "Reporting to", "employee", ("jobInfo", "reportsTo"), derived=True),
    FakeField(4121, "supervisorEId", "Supervisor EID", "integer", ("jobInfo", "reportsTo"), derived=True),
    FakeField(4122, "supervisorId", "Supervisor's Employee #", "text", ("jobInfo", "reportsTo"), derived=True),
    FakeField(19, "payRate", "Pay rate", "currency", ("compensation", "rate")),
    FakeField(20, "payType", "Pay type", "pay_type", ("compensation", "type")),
    FakeField(25, "payPer", "Paid per", "paid_per", ("compensation", "paidPer")),
    FakeField(4125, "paidPer", "Paid per", "paid_per", ("compensation", "paidPer"), derived=True, deprecated=True),
    FakeField(24, "paySchedule", "Pay Schedule", "list", ("compensation", "paySchedule")),
    FakeField(22, "payChangeReason", "Pay Change Reason", "list", ("compensation", "reason")),
    FakeField(4123, "payRateEffectiveDate", "Compensation: Date", "date", ("compensation", "startDate")),
    FakeField(26, "overtimeRate", "Overtime Rate", "currency", ("compensation", "overtimeRate")),
    FakeField(21, "exempt", "Overtime Status", "exempt", ("compensation", "exempt")),
    FakeField(4126, "includeInPayroll", "Include in Payroll", "bool"),
    FakeField(4127, "photoUploaded", "Employee photo", "bool", derived=True),
    FakeField(4124, "lastChanged", "Last changed", "timestamp", derived=True),
    FakeField(4200, "customShirtSize", "Shirt Size", "list"),
    FakeField(4140, None, "Union Local", "text"),
    FakeField("4020.1", None, "Forklift License: Issued", "date"),
)

LISTS = {
    "jobTitle": (17, "Job Title"),
    "department": (4, "Department"),
    "division": (1355, "Division"),
    "location": (18, "Location"),
    "employmentHistoryStatus": (4021, "Employment Status"),
    "benetracStatus": (4461, "BeneTrac Status"),
}
"""The lists of options by alias: field id and label."""

STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas",
    "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan",
    "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada",
    "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York", "NC": "North Carolina",
    "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania",
    "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas",
    "UT": "Utah", "VT": "Vermont", "VA": "Virginia", "WA": "Washington", "WV": "West Virginia",
    "WI": "Wisconsin", "WY": "Wyoming",
}  # fmt: skip
"""Reports name states in full where an employee read gives the code."""
