"""Contract suites for those who write a connector or a courier of their own; they run under pytest."""
