"""The performance pages: what the site does now and did, for staff."""
