"""What a row of a file asks for, and what was declined before (sync-rules 3.6, 3.7)."""
