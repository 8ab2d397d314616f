"""Live sources, asked through the real libraries at a server on this machine."""
