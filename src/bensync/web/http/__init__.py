"""What every page and call shares: routing rules, sessions, rate limits, errors, templates."""
