"""Pages where requests and held changes are decided."""
