"""What the fake BambooHR knows of: its fields, dated tables and columns, with ids, labels and types.

Nothing here holds a value of any employee. Ids are BambooHR's own where they are publicly known (address, job fields),
made up elsewhere.
"""

from __future__ import annotations

import msgspec

NEVER = "0000-00-00"
"""How BambooHR writes an empty date in some places."""


class Field(msgspec.Struct, frozen=True):
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


class Column(msgspec.Struct, frozen=True):
    """One column of a dated table; ``empty`` is how a row shows that there is no value."""

    id: int
    alias: str
    name: str
    type: str = "text"
    empty: str | None = None


class Table(msgspec.Struct, frozen=True):
    """One table of dated rows; ``date`` names the column that says from when a row counts (empty: it never does)."""

    alias: str
    date: str
    columns: tuple[Column, ...]

    def column(self, alias: str) -> Column | None:
        """The column of that name, None when there is none."""
        return next((column for column in self.columns if column.alias == alias), None)


TABLES = (
    Table(
        "employmentStatus",
        "date",
        (
            Column(4019, "date", "Effective Date", "date"),
            Column(4021, "employmentStatus", "Employment Status", "list", ""),
            Column(4022, "comment", "Comment", "textarea"),
            Column(4314, "terminationTypeId", "Termination Type", "list", ""),
            Column(4313, "terminationReasonId", "Termination Reason", "list", ""),
            Column(4315, "terminationRehireId", "Eligible For Re-hire", "list", ""),
            Column(4566, "terminationRegrettableId", "Regrettable", "list", ""),
            Column(4461, "benetracStatus", "BeneTrac Status", "list", ""),
            Column(4462, "gusto", "Gusto Status", "list", ""),
        ),
    ),
    Table(
        "jobInfo",
        "date",
        (
            Column(4028, "date", "Effective Date", "date"),
            Column(18, "location", "Location", "list", ""),
            Column(4, "department", "Department", "list", ""),
            Column(1355, "division", "Division", "list", ""),
            Column(17, "jobTitle", "Job Title", "list", ""),
            Column(91, "reportsTo", "Reporting to", "employee", ""),
        ),
    ),
    Table(
        "compensation",
        "startDate",
        (
            Column(4023, "startDate", "Effective Date", "date"),
            Column(4570, "endDate", "End Date", "date", NEVER),
            Column(19, "rate", "Pay rate", "currency"),
            Column(20, "type", "Pay type", "pay_type", ""),
            Column(21, "exempt", "Overtime Status", "exempt"),
            Column(22, "reason", "Change Reason", "list", ""),
            Column(23, "comment", "Comment", "textarea"),
            Column(25, "paidPer", "Paid per", "paid_per"),
            Column(24, "paySchedule", "Pay Schedule", "list"),
            Column(26, "overtimeRate", "Overtime Rate", "currency"),
        ),
    ),
    Table(
        "dependents",
        "",
        (
            Column(4100, "firstName", "First Name"),
            Column(4101, "lastName", "Last Name"),
            Column(4102, "relationship", "Relationship", "list", ""),
            Column(4103, "dateOfBirth", "Birth Date", "date"),
            Column(4104, "ssn", "SSN", "ssn"),
            Column(4105, "gender", "Gender", "gender"),
        ),
    ),
    Table(
        "customEquipment",
        "customIssued",
        (
            Column(4340, "customIssued", "Issued", "date"),
            Column(4341, "customItem", "Item"),
        ),
    ),
)

BUMPING = frozenset({"employmentStatus", "jobInfo", "compensation"})
"""Tables whose rows count as a change of the employee; others are not promised to."""

FIELDS = (
    Field(4098, "id", "EEID", "integer", derived=True),
    Field(13, "employeeNumber", "Employee #", "employee_number"),
    Field(1, "firstName", "First Name"),
    Field(5, "middleName", "Middle Name"),
    Field(2, "lastName", "Last Name"),
    Field(1358, "preferredName", "Preferred Name"),
    Field(4358, "nickname", "Nickname", derived=True, deprecated=True),
    Field(4110, "displayName", "Display Name", derived=True),
    Field(4111, "fullName1", "First Name Last Name", derived=True),
    Field(4112, "fullName2", "Last Name, First Name", derived=True),
    Field(16, "ssn", "SSN", "ssn"),
    Field(6, "dateOfBirth", "Birth Date", "date"),
    Field(4113, "birthday", "Birthday", derived=True, empty=""),
    Field(4114, "age", "Age", "age", derived=True, empty=-1),
    Field(7, "gender", "Gender", "gender"),
    Field(27, "maritalStatus", "Marital Status", "marital_status"),
    Field(28, "ethnicity", "Ethnicity", "list"),
    Field(8, "address1", "Address Line 1"),
    Field(9, "address2", "Address Line 2"),
    Field(10, "city", "City"),
    Field(11, "state", "State", "state"),
    Field(4115, "stateCode", "State Code", derived=True),
    Field(12, "zipcode", "ZIP Code"),
    Field(3991, "country", "Country", "country"),
    Field(4116, "bestEmail", "Best Email", "email", derived=True),
    Field(30, "homeEmail", "Home Email", "email"),
    Field(31, "workEmail", "Work Email", "email"),
    Field(32, "homePhone", "Home Phone", "phone"),
    Field(33, "mobilePhone", "Mobile Phone", "phone"),
    Field(34, "workPhone", "Work Phone", "phone"),
    Field(35, "workPhoneExtension", "Work Ext.", "text"),
    Field(3, "hireDate", "Hire Date", "date", empty=NEVER),
    Field(4117, "originalHireDate", "Original Hire Date", "date", empty=NEVER),
    Field(4118, "terminationDate", "Termination Date", "date", derived=True, empty=NEVER),
    Field(1610, "status", "Status", "status", derived=True),
    Field(4119, "employmentStatus", "Status", "status", derived=True, deprecated=True),
    Field(4029, "employmentHistoryStatus", "Employment Status", "list", ("employmentStatus", "employmentStatus")),
    Field(4120, "employeeStatusDate", "Employment Status: Date", "date", ("employmentStatus", "date")),
    Field(17, "jobTitle", "Job Title", "list", ("jobInfo", "jobTitle")),
    Field(4, "department", "Department", "list", ("jobInfo", "department")),
    Field(1355, "division", "Division", "list", ("jobInfo", "division")),
    Field(18, "location", "Location", "list", ("jobInfo", "location")),
    Field(91, "supervisor", "Reporting to", "employee", ("jobInfo", "reportsTo"), derived=True),
    Field(4121, "supervisorEId", "Supervisor EID", "integer", ("jobInfo", "reportsTo"), derived=True),
    Field(4122, "supervisorId", "Supervisor's Employee #", "text", ("jobInfo", "reportsTo"), derived=True),
    Field(19, "payRate", "Pay rate", "currency", ("compensation", "rate")),
    Field(20, "payType", "Pay type", "pay_type", ("compensation", "type")),
    Field(25, "payPer", "Paid per", "paid_per", ("compensation", "paidPer")),
    Field(4125, "paidPer", "Paid per", "paid_per", ("compensation", "paidPer"), derived=True, deprecated=True),
    Field(24, "paySchedule", "Pay Schedule", "list", ("compensation", "paySchedule")),
    Field(22, "payChangeReason", "Pay Change Reason", "list", ("compensation", "reason")),
    Field(4123, "payRateEffectiveDate", "Compensation: Date", "date", ("compensation", "startDate")),
    Field(26, "overtimeRate", "Overtime Rate", "currency", ("compensation", "overtimeRate")),
    Field(21, "exempt", "Overtime Status", "exempt", ("compensation", "exempt")),
    Field(4126, "includeInPayroll", "Include in Payroll", "bool"),
    Field(4127, "photoUploaded", "Employee photo", "bool", derived=True),
    Field(4124, "lastChanged", "Last changed", "timestamp", derived=True),
    Field(4200, "customShirtSize", "Shirt Size", "list"),
    Field(4140, None, "Union Local", "text"),
    Field("4020.1", None, "Forklift License: Issued", "date"),
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
