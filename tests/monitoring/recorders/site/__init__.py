"""The site with a look at what it has counted."""
