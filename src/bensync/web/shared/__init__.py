"""What several pages share: values of their addresses, forms and lists; no routes."""
