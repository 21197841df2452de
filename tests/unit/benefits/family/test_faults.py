"""Every code of a refused entry has a sentence."""

from __future__ import annotations

import inspect
import re

import pytest

from bensync.benefits.family import checks, groups, reading
from bensync.benefits.family.faults import FAULTS

IN_CODE = re.compile(r'(?:(?:FamilyFault|ValueError)\(|_choice\(\w+, )"([a-z_0-9]+)"')


@pytest.mark.parametrize("module", [checks, groups, reading])
def test_every_code_of_a_refused_entry_has_a_sentence(module):
    codes = set(IN_CODE.findall(inspect.getsource(module)))
    elections = {code for code in codes if code.startswith(("dependent_", "too_few", "too_many"))}
    assert codes
    assert codes - elections <= FAULTS.keys()
