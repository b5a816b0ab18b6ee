"""Log lines: whose request and trace they belong to, without what names or unlocks somebody."""
