"""Benefit events, coverage rows and COBRA records as frozen values, and the calendar they share. Pure."""
