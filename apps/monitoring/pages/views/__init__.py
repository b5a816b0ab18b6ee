"""The views: each fetches by a service and answers with a page or a file."""
