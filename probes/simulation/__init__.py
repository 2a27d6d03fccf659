"""One coherent, seeded period of data taking, served in every service's real wire format."""
