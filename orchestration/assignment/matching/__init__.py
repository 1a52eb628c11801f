"""The assignment problem, solved exactly, with its proof. Arrays in, arrays out; no business.

Tickets (rows) each take one slot (column) or none, a slot takes one ticket, an edge has a cost.
First as many tickets as possible of level 0 are served, then of level 1, and so on; among all
such choices one of least cost is taken.

- `levels` finds who can be served: it leaves edges between equals only, and says which tickets
  must be served and which slots must be taken (a transversal matroid has no other solutions).
- `auction` comes close to the least cost: tickets bid for slots and slots for tickets (Bertsekas,
  Castanon: A forward/reverse auction algorithm for asymmetric assignment problems, 1992).
- `finish` makes it exact by shortest augmenting paths from what is still open.
- `prices` gives the dual prices their meaning, `certificate` proves the result in one pass.
"""
