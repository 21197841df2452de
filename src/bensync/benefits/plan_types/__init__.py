"""The behavior of plan types: what an election of each kind may hold, and what follows from it. Posts nothing."""
