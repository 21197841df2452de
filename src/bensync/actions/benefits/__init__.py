"""What a person does about benefit events and coverage."""
