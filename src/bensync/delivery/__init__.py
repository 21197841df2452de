"""How a file leaves: encrypted, delivered to the upload center, announced by mail. It knows no rule about benefits."""
