"""The actions of people with their safety rules, below every interface: decisions, corrections, users, reveals."""
