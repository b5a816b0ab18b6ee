"""The chat's pages: each view asks services for records and shows them; all of it works without JavaScript."""
