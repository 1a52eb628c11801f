"""The outside world in one small process: mail, text messages and payments, for development.

It receives mail by SMTP, text messages by Twilio's HTTP request and charges by the HTTP interface
that `api.kernel.outside.payments` speaks. Everything received is shown on one web page and kept in
one SQLite file that survives `kill -9`. It stands for other companies' systems, so it shares no
rule with the platform; the platform reaches it only through the network.

    messages, charges   what was received, kept in `storage`
    cards, addresses    which test card number or recipient gets which answer
    faults              delays, refusals and lost answers, switched on at run time
    smtp, sms, payments the three doors
    callbacks, replies  what the SMS provider and telephones say of their own accord
    inbox, pages        what a program and what a person reads
    server              both listeners in one event loop
"""
