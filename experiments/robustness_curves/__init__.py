"""The parts of `experiments.robustness`: what imperfect inputs cost a run."""
