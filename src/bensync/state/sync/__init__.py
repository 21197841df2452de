"""What a sync remembers: baselines, deliveries, requests, participants, issues, runs."""
