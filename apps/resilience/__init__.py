"""What stands between the site and whatever it depends on: breakers, retries, limits, deadlines, pipelines."""
