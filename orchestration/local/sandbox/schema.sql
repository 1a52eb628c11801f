-- What other companies would know of us. Times are microseconds since 1970, UTC; money is cents.

CREATE TABLE IF NOT EXISTS message (
    -- AUTOINCREMENT: the link of a deleted message never opens another one.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('mail', 'sms')),
    received_at INTEGER NOT NULL,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT,
    message_id TEXT NOT NULL,
    repeated INTEGER NOT NULL,
    source BLOB
) STRICT;

CREATE INDEX IF NOT EXISTS message_recipient ON message (recipient, id);
CREATE INDEX IF NOT EXISTS message_identity ON message (message_id, recipient);

-- Who texted STOP to which of our numbers, and has not texted START since.
CREATE TABLE IF NOT EXISTS stopped (
    number TEXT NOT NULL,
    sender TEXT NOT NULL,
    PRIMARY KEY (number, sender)
) STRICT;

-- No card number and nothing that could be turned back into one: the fingerprint is keyed.
CREATE TABLE IF NOT EXISTS charge (
    id TEXT NOT NULL PRIMARY KEY,
    idempotency_key TEXT NOT NULL UNIQUE,
    fingerprint BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('approved', 'declined')),
    code TEXT,
    message TEXT,
    amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    reference TEXT NOT NULL,
    brand TEXT NOT NULL,
    last4 TEXT NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS charge_created ON charge (created_at, id);

CREATE TABLE IF NOT EXISTS refund (
    id TEXT NOT NULL PRIMARY KEY,
    charge_id TEXT NOT NULL REFERENCES charge (id),
    idempotency_key TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0)
) STRICT;

CREATE INDEX IF NOT EXISTS refund_charge ON refund (charge_id);
CREATE INDEX IF NOT EXISTS refund_created ON refund (created_at, id);

-- Charges that a customer disputes; the money is taken back until it is won.
CREATE TABLE IF NOT EXISTS dispute (
    id TEXT NOT NULL PRIMARY KEY,
    charge_id TEXT NOT NULL UNIQUE REFERENCES charge (id),
    reason TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'won', 'lost')),
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    answer_by INTEGER NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS dispute_changed ON dispute (changed_at, id);

CREATE TABLE IF NOT EXISTS secret (
    name TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

-- Made once: the key of the fingerprints above.
INSERT OR IGNORE INTO secret (name, value) VALUES ('fingerprint', randomblob(32));
