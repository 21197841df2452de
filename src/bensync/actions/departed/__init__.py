"""What a person does about employees who are gone: release, legal hold, and deletion of their records."""
