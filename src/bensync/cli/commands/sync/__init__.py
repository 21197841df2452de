"""Commands about runs: sync, plan, status, lists, mapping."""
