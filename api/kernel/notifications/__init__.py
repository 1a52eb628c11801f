"""What the quanta share in telling people things: the log of attempts, reports, replies.

Business-free: a quantum says whom it tells what (its own `notifications` sub-domain); here is how
it leaves, and how it is proven that it did.

    rules     what an outcome is, what follows from attempts, what a reply means
    tables    the columns of the log, for each quantum's own tables
    attempts  asking a provider, written down whatever becomes of the caller's transaction
    reports   what a provider says later
    replies   STOP and START by text message
    webhooks  the routes on which the SMS provider calls
"""
