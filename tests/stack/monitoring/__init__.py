"""What watches the site, on real servers."""
