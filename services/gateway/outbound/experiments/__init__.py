"""Where experiments and their trials are kept."""
