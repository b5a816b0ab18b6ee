"""The site the edge is measured with: the project's settings and middleware, two views of its own."""
