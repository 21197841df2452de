"""Everything around bensync on one machine, for trials and tests: a fake BambooHR, its people, an upload center."""
