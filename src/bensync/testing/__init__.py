"""Contract suites for authors of connectors and couriers; they run under pytest.

A suite is a class of tests. Subclass it in a test module of your own and override its one fixture: `world` for a
connector, `place` for a courier. The suite then tries every promise of the port in `bensync.core.ports`, and a failing
test names the promise that is broken. The suites know nothing about the implementation, so they can be the first thing
that you write.
"""
