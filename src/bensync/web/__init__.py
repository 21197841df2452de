"""The web pages and the JSON API: parse a request, call an action, and render its result."""
