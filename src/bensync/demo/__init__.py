"""A world on one machine to try and test against: a fake BambooHR and its people. The product never imports it."""
