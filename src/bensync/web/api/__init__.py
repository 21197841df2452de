"""The JSON API: the same actions as the pages, for scripts and services with a token. It shows no SSN in full."""
