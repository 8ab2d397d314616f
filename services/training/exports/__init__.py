"""Trained models of texts as files for other servers: made, checked against the model itself, and bundled."""
