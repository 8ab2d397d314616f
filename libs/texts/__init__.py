"""Labelled texts: read from files of many forms, held apart from their near-duplicates, split, and checked."""
