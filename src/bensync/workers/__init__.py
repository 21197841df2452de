"""Turns on as many machines as wanted: procrastinate, on the same PostgreSQL, tells workers which site needs one.

The queue only distributes. What is done is known to bensync's own tables, so a job that is lost or comes twice harms
nothing: the next tick asks again, and a turn that comes twice changes nothing.
"""
