"""What a person does, with the rules that protect it, below every interface: decisions, corrections, users, reveals."""
