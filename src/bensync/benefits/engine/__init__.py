"""The process from an approved change to coverage rows: activities, events, offers, elections, postings. Pure."""
