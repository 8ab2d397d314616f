"""Stories of AI Engine, over HTTP."""
