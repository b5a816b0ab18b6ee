"""Thresholds that a dependency sets by how it usually is."""
