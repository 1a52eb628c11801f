"""The kinds of notifications in plain words, for whoever reads of them."""

from api.customer.notifications.service import Kind

WORDS: dict[Kind, str] = {
    "expert_arriving": "who comes, and when",
    "expert_on_the_way": "an expert who is on the way",
    "visit_reminder": "a reminder the day before a visit",
    "visit_off": "a visit that is off",
    "nobody_home": "a visit at which nobody was at home",
    "expert_did_not_come": "a visit to which nobody came",
    "another_visit": "another visit that is needed",
    "ticket_cancelled": "a ticket that was cancelled",
    "request_refused": "a request that could not be met",
    "survey_invitation": "a survey after a visit",
    "survey_reminder": "a reminder of a survey",
    "invoice_paid": "a receipt",
    "payment_declined": "a payment that was declined",
    "credit_note": "a credit note",
    "refund_made": "money that went back to a card",
    "refund_credited": "money that is kept for the next invoice",
    "invoice_written_off": "an invoice that was written off",
    "billing_held": "billing that was suspended",
    "billing_resumed": "billing that goes on",
    "card_refused": "a card that could not be added",
    "confirm_email": "a code that confirms your e-mail address",
    "reset_password": "a code for a new password",
    "password_changed": "a password that was changed",
    "identity_linked": "another way to sign in",
    "export_ready": "a copy of your data that is ready",
    "erasure_requested": "an erasure that was asked for",
    "erasure_done": "the receipt of an erasure",
}

SERIES: dict[Kind, str] = {
    "visit_reminder": "reminders the day before a visit",
    "another_visit": "further visits that are needed",
    "ticket_cancelled": "tickets that were cancelled",
    "request_refused": "requests that could not be met",
    "survey_invitation": "surveys after a visit",
    "survey_reminder": "reminders of surveys",
    "invoice_paid": "receipts for paid invoices",
}
"""What mails of one kind are about, for whoever may do without them."""
