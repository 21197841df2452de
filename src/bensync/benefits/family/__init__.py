"""Dependents and beneficiaries: who may be covered and paid, and entries to the list, read and checked. Pure."""
