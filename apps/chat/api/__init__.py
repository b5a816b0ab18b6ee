"""The JSON API: one file per resource; each reads the request, calls a service and answers its record."""
