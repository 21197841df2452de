"""Which values can be trusted: texts in one spelling, SSNs, dates and amounts that are plausible. Pure."""
