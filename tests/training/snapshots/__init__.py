"""What the job kind `monitor_model` runs."""
