"""The state of synchronizing: baselines, deliveries, requests, participants, issues, runs."""
