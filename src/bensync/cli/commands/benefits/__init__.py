"""Commands about benefit events and coverage."""
