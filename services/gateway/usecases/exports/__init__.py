"""Models made into files for other servers."""
