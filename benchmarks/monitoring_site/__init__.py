"""The site the cost of watching is measured with: watched, not watched, and watched by what most people use."""
