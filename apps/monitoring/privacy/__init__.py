"""What may not be kept of people: taken out of spans, logs and errors before they go anywhere."""
