"""The order of work: gather, plan, carry out. Knows the ports, and no hand behind them."""
