"""People refresh the conversations they read, somebody writes now and then: what the whole site makes of it."""
