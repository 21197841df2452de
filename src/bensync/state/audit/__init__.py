"""The audit trail and the hash chain that proves it."""
