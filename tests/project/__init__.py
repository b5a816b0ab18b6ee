"""Tests of the house itself: settings, environment, documentation, layout."""
