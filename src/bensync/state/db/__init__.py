"""The database itself: engine, transactions, sealed columns, bulk statements."""
