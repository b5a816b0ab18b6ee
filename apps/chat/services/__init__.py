"""The chat's verbs: every rule is in here, and every caller (API, pages, imports, tasks, admin) uses the same."""
