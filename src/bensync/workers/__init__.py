"""Turns on any number of machines: procrastinate distributes them to workers over the same PostgreSQL database.

The queue only distributes. bensync's own tables say what is done, so a job that is lost or comes twice does no harm:
the next tick enqueues it again, and a turn that comes twice changes nothing.
"""
