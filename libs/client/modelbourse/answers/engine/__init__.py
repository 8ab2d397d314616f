"""What AI Engine answers, noun by noun."""
