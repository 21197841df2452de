"""The pages by what they are about; each module is one group of routes, and none decides who may see it."""
