"""Tickets and customers are found by every word of them, by parts of numbers, and by typos."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# Names have no stop words: people are called Will or An, and streets The Vale.
_WORDS = r"""
CREATE TEXT SEARCH DICTIONARY every_english_word (TEMPLATE = snowball, Language = english);
CREATE TEXT SEARCH CONFIGURATION names (COPY = knowledge);
ALTER TEXT SEARCH CONFIGURATION names
    ALTER MAPPING FOR asciiword, asciihword, hword_asciipart WITH every_english_word;
ALTER TEXT SEARCH CONFIGURATION names
    ALTER MAPPING FOR hword, hword_part, word WITH unaccent, every_english_word;

-- Most texts have nothing to normalize, and looking costs a tenth of doing it.
CREATE FUNCTION plain_words(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN octet_length(words) = length(words) THEN words ELSE normalize(words, NFKC) END;

-- One word as it is, however PostgreSQL's parser would cut it. Nothing is no word.
CREATE FUNCTION exact_word(word text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN word = '' THEN ''::tsvector
    ELSE ('''' || replace(replace(word, '\', '\\'), '''', '''''') || '''\:1A')::tsvector END;

-- People give the last four digits, which so many numbers end with that they are words themselves.
CREATE FUNCTION phone_words(phone text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN exact_word(regexp_replace(phone, '\D', '', 'g'))
    || exact_word(right(regexp_replace(phone, '\D', '', 'g'), 4));

-- The whole address, and its domain: half of all addresses are of the same few.
CREATE FUNCTION mail_codes(email text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN exact_word(lower(email)) || exact_word(split_part(lower(email), '@', 2));

-- 37-12 82nd Street: the parser would read a minus.
CREATE FUNCTION address_words(line1 text, line2 text, city text, state text, zip text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN regexp_replace(concat_ws(' ', line1, line2, city, state, zip), '(\d)-(?=\d)', '\1 ', 'g');

CREATE FUNCTION mail_words(email text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN translate(split_part(email, '@', 1), '._+-', '    ');
"""
_VIEWS = """
CREATE VIEW ticket_document AS
SELECT
    ticket.id AS ticket_id,
    ticket.customer_id,
    ticket.submitted_at,
    setweight(to_tsvector('names', plain_words(concat_ws(' ',
        ticket.contact_name, customer.full_name, mail_words(customer.email)))), 'A')
    || phone_words(ticket.contact_phone)
    || coalesce(phone_words(customer.phone) || mail_codes(customer.email), '')
    || setweight(to_tsvector('names', plain_words(address_words(
        ticket.line1, ticket.line2, ticket.city, ticket.state, ticket.zip))), 'B')
    || setweight(to_tsvector('knowledge', plain_words(
        replace(ticket.ticket_type, '-', ' ') || ' ' || ticket.description)), 'C')
    || to_tsvector('knowledge', plain_words(
        concat_ws(' ', ticket.resolution, noted.words))) AS document,
    ARRAY[
        'day:' || (ticket.submitted_at AT TIME ZONE 'UTC')::date,
        'type:' || ticket.ticket_type,
        'state:' || ticket.state,
        'channel:' || ticket.channel,
        'priority:' || ticket.priority
    ] AS facets
FROM ticket
LEFT JOIN customer ON customer.id = ticket.customer_id
LEFT JOIN LATERAL (
    SELECT string_agg(note.text, ' ') AS words FROM ticket_note AS note
    WHERE note.ticket_id = ticket.id
) AS noted ON true;

CREATE VIEW customer_document AS
SELECT
    customer.id AS customer_id,
    setweight(to_tsvector('names', plain_words(concat_ws(' ',
        customer.full_name, mail_words(customer.email)))), 'A')
    || phone_words(customer.phone)
    || mail_codes(customer.email)
    || setweight(to_tsvector('names', plain_words(coalesce(place.words, ''))), 'B') AS document
FROM customer LEFT JOIN LATERAL (
    SELECT string_agg(address_words(
        one ->> 'line1', one ->> 'line2', one ->> 'city', one ->> 'state', one ->> 'zip'), ' '
    ) AS words
    FROM jsonb_array_elements(customer.addresses) AS one
) AS place ON true;
"""
# With the owner's rights: whoever may write a ticket needs none on the backlog, and no way of
# writing one (COPY included) can forget it.
_TRIGGERS = """
CREATE FUNCTION await_search_index() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    INSERT INTO search_backlog (kind, row_id) VALUES (TG_TABLE_NAME, NEW.id);
    RETURN NULL;
END $$;

CREATE TRIGGER ticket_found AFTER INSERT ON ticket
FOR EACH ROW EXECUTE FUNCTION await_search_index();
CREATE TRIGGER ticket_refound AFTER UPDATE ON ticket FOR EACH ROW WHEN (
    (OLD.customer_id, OLD.contact_name, OLD.contact_phone, OLD.line1, OLD.line2, OLD.city,
        OLD.state, OLD.zip, OLD.ticket_type, OLD.description, OLD.resolution, OLD.priority)
    IS DISTINCT FROM
    (NEW.customer_id, NEW.contact_name, NEW.contact_phone, NEW.line1, NEW.line2, NEW.city,
        NEW.state, NEW.zip, NEW.ticket_type, NEW.description, NEW.resolution, NEW.priority)
) EXECUTE FUNCTION await_search_index();
CREATE FUNCTION await_search_index_of_noted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    INSERT INTO search_backlog (kind, row_id) VALUES ('ticket', NEW.ticket_id);
    RETURN NULL;
END $$;
CREATE TRIGGER ticket_noted AFTER INSERT OR UPDATE ON ticket_note
FOR EACH ROW EXECUTE FUNCTION await_search_index_of_noted();
CREATE TRIGGER customer_found AFTER INSERT ON customer
FOR EACH ROW EXECUTE FUNCTION await_search_index();
CREATE TRIGGER customer_refound AFTER UPDATE ON customer FOR EACH ROW WHEN (
    (OLD.full_name, OLD.email, OLD.phone, OLD.addresses)
    IS DISTINCT FROM (NEW.full_name, NEW.email, NEW.phone, NEW.addresses)
) EXECUTE FUNCTION await_search_index();
"""


def upgrade() -> None:
    op.execute(_WORDS)
    _make_tables()
    op.execute(_VIEWS)
    op.execute(_TRIGGERS)
    # Whatever is there already waits for the index like anything new.
    op.execute("INSERT INTO search_backlog (kind, row_id) SELECT 'customer', id FROM customer")
    op.execute("INSERT INTO search_backlog (kind, row_id) SELECT 'ticket', id FROM ticket")
    op.create_index("ix_ticket_status", "ticket", ["status", "submitted_at", "id"])
    op.create_index(
        "ix_ticket_due",
        "ticket",
        ["sla_due_at"],
        postgresql_where=sa.text("status NOT IN ('resolved', 'closed', 'cancelled')"),
    )
    op.create_index("ix_assignment_expert", "assignment", ["expert_id", "ticket_id"])
    for name in ("ix_customer_name_start", "ix_customer_phone", "ix_customer_email"):
        op.drop_index(name, table_name="customer")


def _make_tables() -> None:
    op.create_table(
        "search_backlog",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('ticket', 'customer')", name=op.f("ck_search_backlog_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_backlog")),
    )
    op.create_table(
        "ticket_index",
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("submitted_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("document", postgresql.TSVECTOR(), nullable=False),
        sa.Column("facets", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["ticket.id"],
            name=op.f("fk_ticket_index_ticket_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_ticket_index")),
    )
    # What the planner must know: which words are frequent.
    op.execute("ALTER TABLE ticket_index ALTER document SET STATISTICS 300")
    op.create_index("ix_ticket_index_newest", "ticket_index", ["submitted_at", "ticket_id"])
    op.create_index(
        "ix_ticket_index_document",
        "ticket_index",
        ["document", "facets"],
        postgresql_using="gin",
    )
    op.create_table(
        "customer_index",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("document", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
            name=op.f("fk_customer_index_customer_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customer_index")),
    )
    op.create_index(
        "ix_customer_index_document", "customer_index", ["document"], postgresql_using="gin"
    )
    for table, column, index in (("search_word", "word", "near"), ("search_code", "code", "part")):
        op.create_table(
            table,
            sa.Column(column, sa.TEXT(collation="C"), nullable=False),
            sa.PrimaryKeyConstraint(column, name=op.f(f"pk_{table}")),
        )
        op.create_index(
            f"ix_{table}_{index}",
            table,
            [column],
            postgresql_using="gin",
            postgresql_ops={column: "gin_trgm_ops"},
        )


def downgrade() -> None:
    op.create_index("ix_customer_email", "customer", ["email"])
    op.create_index("ix_customer_phone", "customer", ["phone"])
    op.create_index(
        "ix_customer_name_start",
        "customer",
        [sa.literal_column("lower(full_name)").label("name")],
        postgresql_ops={"name": "text_pattern_ops"},
    )
    op.drop_index("ix_assignment_expert", table_name="assignment")
    op.drop_index("ix_ticket_due", table_name="ticket")
    op.drop_index("ix_ticket_status", table_name="ticket")
    op.execute("DROP FUNCTION await_search_index, await_search_index_of_noted CASCADE")
    op.execute("DROP VIEW customer_document, ticket_document")
    for name in ("search_code", "search_word", "customer_index", "ticket_index", "search_backlog"):
        op.drop_table(name)
    for name in (
        "mail_words",
        "address_words",
        "mail_codes",
        "phone_words",
        "exact_word",
        "plain_words",
    ):
        op.execute(f"DROP FUNCTION {name}")
    op.execute("DROP TEXT SEARCH CONFIGURATION names")
    op.execute("DROP TEXT SEARCH DICTIONARY every_english_word")
