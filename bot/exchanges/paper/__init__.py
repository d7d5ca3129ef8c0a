"""The paper exchange and the simulated venue that it may trade at."""
