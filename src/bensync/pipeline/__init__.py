"""The order of a run: gather, plan, carry out. Uses the ports, and imports no adapter."""
