"""The JSON shapes of benefits: events and their runs, coverage, activities, outlooks and rules."""
