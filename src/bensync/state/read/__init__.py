"""Read-only queries for lists, pages, status and metrics."""
