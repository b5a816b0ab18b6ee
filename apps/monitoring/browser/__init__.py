"""What browsers tell of pages: their vitals, the chat's own times, and what people think of them."""
