"""What the SMS provider says to the sysops quantum."""

from uuid import UUID

from api.kernel.notifications.rules import Word
from api.kernel.notifications.webhooks import ProviderWebhooks
from api.messages import StaffNotification
from api.sysops.notifications.tables import LOG

ANSWERS: dict[Word, str] = {
    "stop": "Sysops Squad: you get no more texts from us; visits and proposals come by e-mail. "
    "Text START to get texts again.",
    "start": "Sysops Squad: you get texts about proposals and visits again. Text STOP to end them.",
    "help": "Sysops Squad: texts about your visits. Answer proposals in the app or API, not by "
    "text. Msg&data rates may apply. Text STOP to end.",
    "other": "Sysops Squad: nobody reads this number. Accept or reject visits in the app or API, "
    "or call the office. Text STOP to end texts.",
}


class ProviderController(ProviderWebhooks):
    """Of messages to staff."""

    log = LOG
    answers = ANSWERS

    @staticmethod
    def look_again(notification_id: UUID) -> StaffNotification:
        return StaffNotification(notification_id=notification_id)
