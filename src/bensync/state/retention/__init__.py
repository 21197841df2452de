"""Legal holds, and the deletion of records whose retention period is over."""
