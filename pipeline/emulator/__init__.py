"""A stand-in for the parcel API: a real HTTP server with a seeded world, its budget and its faults."""
