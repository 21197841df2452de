"""A fake BambooHR that behaves like the real one, quirks included, over a ``Company``.

It serves both base addresses of the API and answers reads only: every write is refused and recorded.
"""
