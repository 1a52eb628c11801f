"""How the platform reaches other companies: mail, text messages and payments.

Business-free: these modules know protocols, not tickets or invoices. Which server they reach is
configuration only; by default it is the sandbox.
"""
