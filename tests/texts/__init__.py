"""Models of texts: what serves them, scores by them, and the smallest models for stories."""
