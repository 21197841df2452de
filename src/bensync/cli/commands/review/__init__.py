"""Commands about decisions: the queue, participants, the second person."""
