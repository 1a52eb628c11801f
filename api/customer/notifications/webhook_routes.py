"""What the SMS provider says to the customer quantum."""

from uuid import UUID

from api.customer.notifications.tables import LOG
from api.kernel.notifications.rules import Word
from api.kernel.notifications.webhooks import ProviderWebhooks
from api.messages import CustomerNotification

ANSWERS: dict[Word, str] = {
    "stop": "Sysops Squad: you get no more texts from us; news of visits comes by e-mail. This "
    "does not cancel a visit. Text START to get texts again.",
    "start": "Sysops Squad: you get texts about your visits again. Text STOP to end them, HELP "
    "for help.",
    "help": "Sysops Squad: texts about visits you asked for. Help: your account, or our call "
    "centre. Msg&data rates may apply. Text STOP to end.",
    "other": "Sysops Squad: nobody reads this number. To change a visit, open the ticket in your "
    "account or call us. Text STOP to end texts.",
}


class ProviderController(ProviderWebhooks):
    """Of messages to customers."""

    log = LOG
    answers = ANSWERS

    @staticmethod
    def look_again(notification_id: UUID) -> CustomerNotification:
        return CustomerNotification(notification_id=notification_id)
