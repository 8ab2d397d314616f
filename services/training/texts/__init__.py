"""Models of texts are trained here."""
