"""The rule of possible SSNs against the library that knows them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from stdnum.us import ssn as rules

from bensync.core.checks import check_ssn
from bensync.core.model import Employee

digits = st.text("0123456789", min_size=9, max_size=9)
parts = st.tuples(
    st.sampled_from(["000", "666", "900", "899", "078", "219", "457", "001"]),
    st.sampled_from(["00", "01", "05", "09", "55"]),
    st.sampled_from(["0000", "0001", "1120", "9999", "5462"]),
).map("".join)


@given(digits | parts | st.text(max_size=11) | st.text("٠١٢٣٤٥٦٧٨٩0123456789", min_size=9, max_size=9))
def test_a_text_is_an_ssn_exactly_where_nine_plain_digits_can_exist(text):
    known = len(text) == 9 and text.isascii() and rules.is_valid(text) and text.isdecimal()

    assert (check_ssn(Employee("1", {"ssn": text}, ())) is None) == known
