"""Why an entry about dependents or beneficiaries is refused: a sentence for each code, without a value of it."""

from __future__ import annotations

from collections.abc import Mapping

FAULTS: Mapping[str, str] = {
    # of one text
    "field_unknown": "there is no such field",
    "relationship_unknown": "the relationship is missing or unknown",
    "gender_unknown": "the gender is not female, male or unspecified",
    "birth_date_not_valid": "the birth date is not a date such as 2019-02-03",
    "yes_or_no_expected": "student, disabled and smoker are yes or no",
    "text_not_valid": "a name or address is longer than 60 letters or holds an invisible character",
    "ssn_not_accepted": "the SSN cannot be used for this person",
    # of the whole entry
    "name_missing": "the name is missing",
    "not_a_person": "an estate or a trust has a name and an address only",
    "born_after_today": "the birth date lies after today",
    "born_too_long_ago": "the birth date is more than 120 years ago",
    "begins_before_birth": "the entry begins before the birth date",
    "child_older_than_parent": "the child or grandchild is not younger than the employee",
    "parent_younger_than_child": "the parent is not older than the employee",
    "second_partner": "there would be two spouses or partners on one day",
    "already_on_list": "somebody of this name and birth date is on the list",
    # of shares
    "no_beneficiaries": "the plan has no beneficiaries",
    "beneficiary_unknown": "a beneficiary is not on the list on that day",
    "beneficiary_twice": "a beneficiary is named twice",
    "share_over_100": "a share is over 100 percent",
    "share_not_valid": "a share is not a percentage with at most two decimals",
    "shares_not_100": "the shares do not sum to 100 percent",
}
