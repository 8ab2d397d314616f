"""Technical analysis of one market by written rules: docs/signals.md has each with its source."""
