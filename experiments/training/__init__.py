"""How a run learns: loop, step, state, checkpoints, distribution."""
