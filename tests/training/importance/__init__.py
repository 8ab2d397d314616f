"""What the job kind `importance` runs."""
