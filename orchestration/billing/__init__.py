"""The billing job: rate, draft, check, approve, issue, charge, remind."""
