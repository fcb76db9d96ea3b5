"""The sensor that sends pages by e-mail on their days. orchestration.report_mails decides what is due and what is in it."""

import dagster as dg

from orchestration.errors import TollhouseError
from orchestration.report_mails.declaration import MAILS_FILE, load_report_mails
from orchestration.report_mails.sending import send_due_mails
from orchestration.settings import Settings

LOOK_SECONDS = 300


def report_mail_sensor(settings: Settings) -> dg.SensorDefinition:
    """The sensor, for these settings. It starts no run."""

    @dg.sensor(
        name="report_mail_sensor",
        minimum_interval_seconds=LOOK_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Sends the pages that {MAILS_FILE} of the home declares, on their days and from their time on, and tries again "
        "what could not be sent.",
    )
    def report_mail_sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        try:
            if not load_report_mails(settings.home):
                return dg.SkipReason(f"no mail is declared ({MAILS_FILE})")
            outcomes = send_due_mails(settings)
        except TollhouseError as error:
            context.log.warning(str(error))
            return dg.SkipReason(str(error))
        for each in outcomes:
            if each.fault is not None:
                context.log.warning(f"mail {each.name} to {each.receiver}: {each.fault}")
        sent = sum(each.fault is None for each in outcomes)
        return dg.SkipReason(f"{sent} of {len(outcomes)} due mails are sent" if outcomes else "no mail is due")

    return report_mail_sensor
