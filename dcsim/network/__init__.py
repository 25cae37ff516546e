"""The network: links and routes of a fabric or a box, flows on them, and what collisions at ports cost."""
