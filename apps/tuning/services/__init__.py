"""What staff do with policies, from the admin and from the shell: each change is a revision and an audit entry."""
