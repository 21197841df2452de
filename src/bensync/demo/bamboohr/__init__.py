"""A fake BambooHR over a `Company`, with the quirks of the real one.

It serves both base addresses of the API and answers only reads: it refuses and records every write.
"""
