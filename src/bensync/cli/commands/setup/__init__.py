"""Commands for the first day: init, check, users, the servers."""
