"""The answers as XML, for clients that do not accept JSON; close enough to BambooHR's to show that mistake."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement, tostring

from bensync.demo.bamboohr.reply import QUIET, XML, Reply


def as_xml(name: str, payload: object) -> Reply:
    """Return a payload as XML: maps become fields with an ``id``, lists become items."""
    root = Element(name)
    _fill(root, payload)
    return Reply(tostring(root, encoding="utf-8", xml_declaration=True), kind=XML, headers=QUIET)


def _fill(parent: Element, value: object) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _fill(SubElement(parent, "field", id=str(key)), inner)
    elif isinstance(value, list):
        for inner in value:
            _fill(SubElement(parent, "item"), inner)
    elif value is not None:
        parent.text = str(value)
